"""
A trade as a row of the table ``trades``: the one place that knows how; ``loading`` is the way back.

What a person asks the database for, and what differs from one trade to the next, stands in columns. The rest of a trade and of its
defence goes into ``record``, the last score, which trades of one symbol and side share, into ``mark``: so a field that is added
with a default is kept without a change here. ``shape`` says which fields those were. ``checksum`` is over all that: the database
itself does not notice a flipped bit in a value. The stamps of a process's own clock mean nothing to the next one and are left out.
"""

import dataclasses
import json
import typing
from operator import attrgetter, itemgetter
from typing import Any, Final
from zlib import crc32

import msgpack

from dtms.engine.defence.record import Defence, Mark
from dtms.engine.trade import Trade
from dtms.errors import RecordError
from dtms.store.packing import Codec
from dtms.wire.messages import Position

_TRADE_COLUMNS: Final = ("managed", "initial_stop", "risk", "risk_synthetic", "initial_volume", "quarantine")
_POSITION: Final = tuple(name for name in Position.FIELDS if name != "position_id")
# By the name of the field; the first six are not as they stand in the record, and the timer is two.
_DEFENCE: Final = {
    "state": "state",
    "previous": "previous",
    "quality": "quality",
    "owner": "owner",
    "timer": "timer_start",
    "mark": "mark",
    "entered": "entered",
    "last_bar": "last_bar",
    "dwell": "dwell",
    "episode": "episode",
    "risk": "defence_risk",
    "risk_synthetic": "defence_risk_synthetic",
    "closed_volume": "closed_volume",
    "partials": "partials",
    "refusals": "refusals",
    "lifted_bar": "lifted_bar",
    "hedged_at_utc": "hedged_at",
    "gone": "gone",
    "deep_bar": "deep_bar",
    "version": "defence_version",
}
_AS_RECORDED: Final = 6
STAMPS: Final = ("fast_at", "deep_at", "event_at", "sent_at")
COLUMNS: Final = (
    "account",
    "position_id",
    "generation",
    *_POSITION,
    *_TRADE_COLUMNS,
    "state",
    "previous",
    "quality",
    "owner",
    "timer_start",
    "timer_bars",
    "mark",
    *tuple(_DEFENCE.values())[_AS_RECORDED:],
    "shape",
    "record",
    "checksum",
)
_NO_DEFENCE: Final = (None,) * (len(_DEFENCE) + 1)
_REALS: Final = frozenset(
    {"volume", "price_open", "stop_loss", "take_profit", "swap", "commission", "profit"}
    | {"initial_stop", "risk", "initial_volume", "defence_risk", "closed_volume"}
)
_REAL_AT: Final = tuple(index for index, name in enumerate(COLUMNS) if name in _REALS)
# Numbers that may be above 2^63, and what is kept as a number.
_WHOLES: Final = frozenset(
    {"position_id", "ticket", "magic", "side", "reason", "managed", "risk_synthetic", "defence_risk_synthetic", "gone"}
)
_WHOLE_AT: Final = tuple(index for index, name in enumerate(COLUMNS) if name in _WHOLES)
_of_position: Final = itemgetter(*_POSITION)
_of_trade: Final = attrgetter(*_TRADE_COLUMNS)
_of_defence: Final = attrgetter(*_DEFENCE)


def _rest(kind: Any, columns: typing.Collection[str]) -> dict[str, Any]:
    """Return the fields that are in no column, with their types."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.name not in columns}


TRADE_REST: Final = _rest(Trade, {"key", "position", "defence", *_TRADE_COLUMNS})
DEFENCE_REST: Final = _rest(Defence, {*STAMPS, *_DEFENCE})
_PRESENT: Final = Codec()
_PACK_TRADE: Final = _PRESENT.record("record", TRADE_REST, dict).pack
_PACK_DEFENCE: Final = _PRESENT.record("defence", DEFENCE_REST, dict).pack
_PACK_MARK: Final = _PRESENT.of(Mark).pack
SHAPE: Final = json.dumps(_PRESENT.shape, sort_keys=True)
SHAPE_ID: Final = crc32(SHAPE.encode("utf-8"))
_SIGN: Final = 1 << 63
_U64: Final = 1 << 64

Row = tuple[Any, ...]


def to_row(trade: Trade) -> Row:
    """
    Return the values of ``COLUMNS``.

    Raises:
        RecordError: Something in the trade cannot be kept.
    """
    defence = trade.defence
    values: list[Any] = [
        *trade.key,
        *_of_position(trade.position.__dict__),
        *_of_trade(trade),
        *(_NO_DEFENCE if defence is None else _defence(defence)),
        SHAPE_ID,
        _packed([_plain(_PACK_TRADE, trade), None if defence is None else _plain(_PACK_DEFENCE, defence)]),
    ]
    for index in _REAL_AT:
        if values[index] is not None:
            values[index] = real(values[index])
    for index in _WHOLE_AT:
        if values[index] is not None:
            values[index] = signed(values[index])
    values.append(crc32(_packed(values)))
    return tuple(values)


def _defence(defence: Defence) -> tuple[Any, ...]:
    state, previous, quality, owner, timer, mark, *rest = _of_defence(defence)
    start, bars = (None, None) if timer is None else timer
    packed = None if mark is None else _packed(_plain(_PACK_MARK, mark))
    return (state.value, previous.value, quality.value, owner.value, start, bars, packed, *rest)


def _plain(pack: Any, value: Any) -> Any:
    return value if pack is None else pack(value)


def intact(row: Row) -> bool:
    """Return whether a row is what was written."""
    return bool(crc32(_packed(row[:-1])) == row[-1])


def real(value: float | None) -> float | None:
    """
    Return the number as the database gives it back: a float, without a negative zero.

    Raises:
        RecordError: It is not a number; the database would keep it as nothing.
    """
    if value is None:
        return None
    if value != value:  # noqa: PLR0124 - not a number
        raise RecordError("not a number")
    return value + 0.0


def signed(value: int) -> int:
    """Return a 64-bit number as SQLite keeps it."""
    return int(value) if value < _SIGN else value - _U64


def unsigned(value: int) -> int:
    """Return the number that ``signed`` was given."""
    return value if value >= 0 else value + _U64


def _packed(values: Any) -> bytes:
    try:
        return bytes(msgpack.packb(values, use_bin_type=True))
    except (TypeError, ValueError, OverflowError) as error:
        raise RecordError(f"{values!r:.200} cannot be kept: {error}") from error
