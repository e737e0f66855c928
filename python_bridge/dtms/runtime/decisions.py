"""
Decisions with their proofs, appended to ``decisions.jsonl`` in a thread of its own; ``dtms explain`` reads them.

One JSON object a line, ASCII. ``kind`` is *decision*: ``tickets`` it concerns, its ``fate``, the command's id if there is one, the
``proof``; or *report*: what became of a command. A file that has grown large becomes ``decisions.1.jsonl``, the one before
``decisions.2.jsonl``, and so on. A disk that cannot keep up loses lines, which are counted and told; it never holds up a trade.
"""

import enum
import json
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from dtms.engine.defence.proof import Proof
from dtms.engine.defence.verify import dump
from dtms.engine.trade import Trade, TradeKey
from dtms.wire.messages import ExecutionReport

NAME: Final = "decisions"
_CAPACITY: Final = 20_000
_MOST_BYTES: Final = 20_000_000
_KEPT: Final = 10
_KEPT_MOST: Final = 1_000
_PERIOD_S: Final = 0.05
# After a thousand checks there is much to write and no hurry. Written in one go it would share the interpreter with the desk half
# and half; eight lines are about a millisecond, so this leaves the desk nine tenths.
_PORTION: Final = 8
_REST_S: Final = 0.008
_FAREWELL_S: Final = 5.0


class Fate(enum.StrEnum):
    """What became of a decision's command at once."""

    NONE = "none"  # there was none
    ORDERED = "ordered"
    OBSERVED = "observed"  # observe mode sends nothing
    WITHDRAWN = "withdrawn"  # nobody could carry it out


class Decided(NamedTuple):
    """A decision to be written; ``trade`` as it became."""

    utc: int
    trade: Trade
    proof: Proof
    fate: Fate
    command_id: int | None


class Reported(NamedTuple):
    """What became of a command."""

    utc: int
    key: TradeKey
    report: ExecutionReport


Entry = Decided | Reported
Trouble = Callable[[int, str, BaseException | None], None]
"""(lines lost, why, what was raised); called from the writing thread."""


def current(folder: Path) -> Path:
    """Return the file that is written."""
    return folder / f"{NAME}.jsonl"


def files(folder: Path) -> list[Path]:
    """Return the files that are there, the oldest first."""
    older = (folder / f"{NAME}.{number}.jsonl" for number in range(_KEPT_MOST, 0, -1))
    return [path for path in (*older, current(folder)) if path.is_file()]


class DecisionFile:
    """The entries and the thread that writes them."""

    def __init__(self, folder: Path, *, most_bytes: int = _MOST_BYTES, kept: int = _KEPT, capacity: int = _CAPACITY) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._kept = kept
        self._capacity = capacity
        self._entries: deque[Entry] = deque()
        self._dropped = 0
        self._told = 0  # of those dropped
        self._torn = False  # a line may have been written in part
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._trouble: Trouble = _nobody

    def add(self, entry: Entry) -> None:
        """Append an entry."""
        if len(self._entries) < self._capacity:
            self._entries.append(entry)
        else:
            self._dropped += 1

    def start(self, trouble: Trouble) -> None:
        """Start writing."""
        self._trouble = trouble
        self._thread = threading.Thread(target=self._write, name="dtms-decisions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is there and end."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(_FAREWELL_S)

    def _write(self) -> None:
        while not self._ending.wait(_PERIOD_S):
            self._drain()
        self._drain()

    def _drain(self) -> None:
        lost, why, cause = self._dropped - self._told, "more decisions than could be written", None
        self._told += lost
        while self._entries:
            entries = [self._entries.popleft() for _ in range(min(len(self._entries), _PORTION))]
            try:
                self._append(entries)
            except Exception as error:  # noqa: BLE001 - the edge: a thread that ends here would lose all that follows
                lost, why, cause = lost + len(entries), f"{type(error).__name__}: {error}", error
            self._ending.wait(_REST_S)
        if lost:
            self._trouble(lost, why, cause)

    def _append(self, entries: list[Entry]) -> None:
        lines = b"".join(_line(entry) for entry in entries)
        self._rotate()
        with current(self._folder).open("ab") as file:
            before, self._torn = self._torn, True
            file.write(b"\n" + lines if before else lines)
        self._torn = False

    def _rotate(self) -> None:
        path = current(self._folder)
        if not path.is_file() or path.stat().st_size < self._most_bytes:
            return
        names = [path, *(self._folder / f"{NAME}.{number}.jsonl" for number in range(1, self._kept + 1))]
        try:
            for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
                if newer.is_file():
                    newer.replace(older)
        except PermissionError:
            return  # Windows: somebody reads it; the file grows until he is done


def _line(entry: Entry) -> bytes:
    match entry:
        case Decided(utc, trade, proof, fate, command_id):
            tickets = [trade.key.position_id, trade.position.ticket]
            tickets += [number for leg in trade.legs for number in (leg.held.key.position_id, leg.held.position.ticket)]
            head = {"kind": "decision", "utc": utc, "account": trade.key.account, "tickets": list(dict.fromkeys(tickets))}
            return _json(head | {"fate": fate.value, "command_id": command_id})[:-1] + b',"proof":' + dump(proof) + b"}\n"
        case Reported(utc, key, report):
            head = {"kind": "report", "utc": utc, "account": key.account, "tickets": [key.position_id]}
            return _json(head | {"command_id": report.command_id, "report": report.model_dump(mode="json")}) + b"\n"


def _json(value: dict[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _nobody(lost: int, why: str, cause: BaseException | None) -> None:
    """Before ``start`` nobody is told."""
