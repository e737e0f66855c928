"""The economic calendar at the C boundary: questions to a `Terminal`, and its records packed for the C++ side."""

import struct
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from mql5host import api
from mql5host.terminal import Record, Terminal

_COUNTRIES, _COUNTRY, _EVENTS, _EVENT, _VALUE, _VALUES, _CHANGES = range(7)
_STRUCTURES = {
    _COUNTRIES: "MqlCalendarCountry",
    _COUNTRY: "MqlCalendarCountry",
    _EVENTS: "MqlCalendarEvent",
    _EVENT: "MqlCalendarEvent",
}
_RELEASE = "MqlCalendarValue"


class Question(NamedTuple):
    """What is asked (MQ_COUNTRIES ...) and the fields of mq_calendar_query."""

    what: int
    id: int
    from_s: int
    to_s: int
    state: int
    country: str
    currency: str


class Answer(NamedTuple):
    """So many records, packed, and the state of the calendar."""

    records: int
    packed: bytes
    state: int


class CalendarBinding:
    """Asks one terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def ask(self, question: Question) -> Answer | int:
        """The answer, or a negative error."""
        if question.what == _CHANGES:
            changes = self._terminal.calendar_last(question.state, question.country, question.currency, question.id)
            return changes if isinstance(changes, int) else _answer(_RELEASE, changes[1], changes[0])
        found = self._listed(question)
        if isinstance(found, int):
            return found
        return _answer(_STRUCTURES.get(question.what, _RELEASE), found, question.state)

    def _listed(self, question: Question) -> Sequence[Record] | int:
        terminal = self._terminal
        if question.what == _COUNTRIES:
            return terminal.calendar_countries()
        if question.what == _EVENTS:
            return terminal.calendar_events(question.country, question.currency)
        if question.what == _VALUES:
            return terminal.calendar_history(question.from_s, question.to_s, question.country, question.currency, question.id)
        one = {_COUNTRY: terminal.calendar_country, _EVENT: terminal.calendar_event}
        record = one.get(question.what, terminal.calendar_value)(question.id)
        return record if isinstance(record, int) else [record]


@cache
def _fields(structure: str) -> Sequence[api.Field]:
    return api.load().structs[structure]


def _answer(structure: str, records: Sequence[Record], state: int) -> Answer:
    return Answer(len(records), b"".join(_packed(structure, records)), state)


def _packed(structure: str, records: Iterable[Record]) -> Iterable[bytes]:
    for record in records:
        for type_, name in _fields(structure):
            if type_ == "string":
                units = str(record[name]).encode("utf-16-le", "surrogatepass")
                yield struct.pack("<q", len(units) // 2)
                yield units
            else:
                yield struct.pack("<Q", int(record[name]) % 2**64)
