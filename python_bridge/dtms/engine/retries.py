"""What a failed attempt means: whether its cause passes by itself, and how long to wait before the next."""

from typing import Final

from dtms.names import Outcome, Why
from dtms.wire.messages import ExecutionReport

# Causes that pass by themselves: an attempt that failed for one is no attempt. The rest would fail again.
_PASSING: Final = frozenset({Outcome.RETRYABLE, Outcome.EXPIRED})
_PASSING_WHY: Final = frozenset(
    {Why.STOPS_LEVEL, Why.FREEZE_LEVEL, Why.TICKET_BUSY, Why.HANDS_OFF, Why.NOT_MANAGER, Why.PERMISSION}
)
# Market closed, too many requests, locked for processing, frozen: asking again soon makes it no better (link.md, return codes).
SLOW: Final = frozenset({10018, 10024, 10028, 10029})
_DOUBLINGS: Final = 16  # enough to reach the longest pause from any shortest one


def passes(report: ExecutionReport) -> bool:
    """Return whether the cause passes by itself; done elsewhere than asked is the broker's distance, which goes with the market."""
    if report.outcome is Outcome.DENIED:
        return report.why in _PASSING_WHY
    return report.outcome in _PASSING or report.outcome is Outcome.DONE


def pause(times: int, shortest_ms: int, longest_ms: int) -> int:
    """Return the wait after so many failures in a row (ms): it doubles with each, up to a bound."""
    return min(shortest_ms << min(max(times - 1, 0), _DOUBLINGS), longest_ms)
