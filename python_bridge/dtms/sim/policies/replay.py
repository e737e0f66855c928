"""
One trade under one rule: the price goes its way, the broker acts on stops and targets, the pilot is asked and obeyed.

At a quote the broker comes first, then commands that were under way, then the pilot. Everything happens at quotes: a bar that
closes before a weekend is judged at the first quote after it, as a terminal without a tick knows of no closed bar.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from dtms.errors import DtmsError
from dtms.names import OpenKind, Outcome, Side
from dtms.sim.mt5 import Reason
from dtms.sim.policies.account import TradeAccount
from dtms.sim.policies.course import Course, Levels, Point, Tracks
from dtms.sim.policies.entries import Entry
from dtms.sim.policies.pilot import Event, Look, Pilot, Policy, Situation, View, Watch
from dtms.wire.messages import Command, ExecutionReport, ModifyPosition, OpenPosition, ReducePosition

_MOST_COMMANDS: Final = 50  # at one quote; a pilot that wants more goes in circles
AT_THE_END: Final = "end of prices"
_ENDS: Final = {Reason.SL: "stop", Reason.TP: "target", Reason.EXPERT: "rule", Reason.SO: "stop-out", Reason.CLIENT: AT_THE_END}


class Act(NamedTuple):
    """A command and how it ended: ms UTC, what it was to do, its stop or volume, the outcome."""

    time: int
    what: str
    figure: float
    outcome: Outcome

    @property
    def done(self) -> bool:
        """Whether it was carried out, at least in part."""
        return self.outcome in {Outcome.DONE, Outcome.PARTIAL}


@dataclass(frozen=True, slots=True)
class Result:
    """
    What became of a trade.

    Attributes:
        r: gain of everything that was opened for it, in R.
        end: what ended the trade's own position.
        exit_time: ms UTC when that was.
        bars: M15 bars that closed until nothing was left.
        states: how many of them in each state.
    """

    entry: Entry
    r: float
    end: str
    exit_time: int
    bars: int
    states: Mapping[str, int]
    acts: tuple[Act, ...]


class CircleError(DtmsError):
    """A pilot answers every outcome with another command."""


class Replay:
    """A trade on its way."""

    def __init__(self, tracks: Tracks, entry: Entry, policy: Policy, *, latency_ms: int = 0, every: bool = False) -> None:
        """``every``: tell broker and pilot every quote, as a reference for the quick way."""
        self._every = every
        self._history = tracks.history
        self._entry = entry
        self._latency_ms = latency_ms
        self._account = TradeAccount(tracks.history, entry, every=every)
        self._course = Course(tracks, entry.index, self._account.opened, every=every)
        self._pilot: Pilot = policy(Situation(tracks.history, entry, self._account.position))
        self._sent: deque[tuple[int, Command]] = deque()  # ms UTC from which on the broker has it
        self._acts: list[Act] = []
        self._states: Counter[str] = Counter()
        self._index = entry.index

    def run(self) -> Result:
        """Go on until nothing is left open, or to the end of the prices."""
        account = self._account
        while account.open:
            watch = self._pilot.watch
            point = self._course.advance(self._levels(watch), self._until(watch), watch.closes)
            if point is None:
                self._settle()
                break
            self._index = point.quote
            self._at(point, watch)
        history = self._history
        bars = history.slow_block(self._index) - history.slow_block(self._entry.index)
        end = _ENDS.get(account.ended_by, "other") if account.ended_by is not None else AT_THE_END
        return Result(self._entry, account.r, end, account.exit_time, bars, dict(self._states), tuple(self._acts))

    def _levels(self, watch: Watch) -> Levels:
        levels = self._account.levels()
        is_buy = self._entry.side is Side.BUY
        (levels.low_bid if is_buy else levels.low_ask).append(watch.lower)
        (levels.high_bid if is_buy else levels.high_ask).append(watch.upper)
        return levels

    def _until(self, watch: Watch) -> int:
        """Return the index of the first quote at which a time has come."""
        time = min(watch.time, self._sent[0][0]) if self._sent else watch.time
        return self._history.at_or_after(int(time)) if time < self._history.times[-1] else len(self._history) - 1

    def _at(self, point: Point, watch: Watch) -> None:
        view = View(point.time, point.bid, point.ask)
        events: list[Event] = list(self._account.quote(point))
        while self._sent and self._sent[0][0] <= point.time and self._account.open:
            events += self._carry_out(self._sent.popleft()[1], point.time)
        closed = point.closed
        if closed is not None and closed.slow is not None and self._pilot.state:
            self._states[self._pilot.state] += 1
        price = view.bid if self._entry.side is Side.BUY else view.ask
        if closed is not None and watch.told(closed):
            events.append(closed)
        elif self._every or watch.met(price, view.time):
            events.append(Look())
        self._tell(events, view)

    def _tell(self, events: Sequence[Event], view: View) -> None:
        """Tell the pilot what happened and what became of what it wanted, until it is content."""
        waiting = deque(events)
        commands = 0
        while waiting and self._account.open:
            for command in self._pilot.take(waiting.popleft(), view):
                commands += 1
                if commands > _MOST_COMMANDS:
                    raise CircleError(f"trade {self._entry.ticket}: more than {_MOST_COMMANDS} commands at one quote")
                if self._latency_ms:
                    self._sent.append((view.time + self._latency_ms, command))
                else:
                    waiting.extend(self._carry_out(command, view.time))

    def _carry_out(self, command: Command, time: int) -> list[Event]:
        facts = self._account.execute(command)
        report = next(fact for fact in facts if isinstance(fact, ExecutionReport))
        self._acts.append(Act(time, *_told(command), report.outcome))
        return list(facts)

    def _settle(self) -> None:
        """Close at the last quote of the prices."""
        history, self._index = self._history, len(self._history) - 1
        bid, ask = float(history.bid[-1]), float(history.ask[-1])
        self._account.quote(Point(int(history.times[-1]), bid, ask, self._index, None))
        self._account.close_all()


def _told(command: Command) -> tuple[str, float]:
    """Return what a command is to do, in a word, and its figure."""
    match command:
        case ModifyPosition():
            return "stop", command.stop_loss or 0.0
        case ReducePosition():
            return ("part" if command.leave_volume else "close"), command.leave_volume
        case OpenPosition():
            return ("hedge" if command.kind is OpenKind.HEDGE else "re-add"), command.volume
        case _:
            return "close by", 0.0
