"""What became of commands and trades, as plain numbers that only the desk's thread changes."""

from dataclasses import asdict, dataclass
from typing import Final

from dtms.names import Outcome
from dtms.session.counts import LinkCounts


@dataclass(slots=True)
class CommandCounts:
    """``denied``, ``expired`` ... are outcomes; ``observed`` counts decisions that observe mode did not send."""

    sent: int = 0
    done: int = 0
    rejected: int = 0
    unknown: int = 0
    expired: int = 0
    denied: int = 0
    stale: int = 0
    retryable: int = 0
    observed: int = 0
    stray: int = 0  # reports that answer nothing under way


@dataclass(slots=True)
class TradeCounts:
    """Trades by what happened to them."""

    adopted: int = 0
    resumed: int = 0  # records of an earlier process that go on
    closed: int = 0
    quarantined: int = 0
    given_up: int = 0
    closes_denied: int = 0  # closes that were taken on and not sent yet when somebody pressed hands off
    close_alarms: int = 0  # closes that failed several times in a row and go on being tried


@dataclass(slots=True)
class WitnessCounts:
    """Answers of the second witness; ``disagreements`` are differences that two answers in a row had."""

    testimonies: int = 0
    silences: int = 0
    disagreements: int = 0


_BY_OUTCOME: Final = {
    Outcome.DONE: "done",
    Outcome.PARTIAL: "done",
    Outcome.REJECTED: "rejected",
    Outcome.RETRYABLE: "retryable",
    Outcome.EXPIRED: "expired",
    Outcome.STALE_EPOCH: "stale",
    Outcome.STALE_VIEW: "stale",
    Outcome.DENIED: "denied",
    Outcome.UNKNOWN: "unknown",
}


class Counters:
    """All of them."""

    __slots__ = ("bridge", "commands", "trades", "witness")

    def __init__(self) -> None:
        self.bridge = LinkCounts()
        self.commands = CommandCounts()
        self.trades = TradeCounts()
        self.witness = WitnessCounts()

    def outcome(self, outcome: Outcome) -> None:
        """Count how a command ended."""
        name = _BY_OUTCOME[outcome]
        setattr(self.commands, name, getattr(self.commands, name) + 1)

    def values(self) -> dict[str, int]:
        """Return all numbers by their dotted names."""
        groups = {name: asdict(getattr(self, name)) for name in self.__slots__}
        return {f"{group}.{name}": value for group, values in groups.items() for name, value in values.items()}
