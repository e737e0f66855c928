"""How fast market time passes: ``N`` times real time, or as fast as the link takes it."""

import re
import time
from typing import Protocol

from dtms.cli.demo.stage import Stage
from dtms.errors import UsageError

MAX = "max"
_WINDOW = 16  # quotes on their way at most: what is decided on one of them still meets nearly the same market
_BATCH = 8
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,3})?")


class Pace(Protocol):
    """Says how many quotes may happen now."""

    def due(self, stage: Stage) -> int:
        """Return how many quotes to feed before the next step."""


class Scaled:
    """Market time passes ``factor`` times as fast as real time."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._began: float | None = None

    def due(self, stage: Stage) -> int:
        """Return how many quotes are due by the clock."""
        points = stage.scenario.points
        if self._began is None:
            self._began = time.monotonic()
        market = points[0].time_msc + (time.monotonic() - self._began) * 1_000 * self._factor
        end = stage.fed
        while end < len(points) and points[end].time_msc <= market:
            end += 1
        return end - stage.fed


class Unpaced:
    """As fast as the bridge takes quotes; the market stands still while a command is unanswered."""

    def due(self, stage: Stage) -> int:
        """Return how many quotes the link has room for."""
        view = stage.view()
        if any(account.commands_under_way for account in view.accounts):
            return 0
        on_the_way = stage.fed - view.counters["bridge.quotes_covered"]
        return max(0, min(_BATCH, _WINDOW - on_the_way))


def pace_of(word: str) -> Pace:
    """
    Return the pace that a word of the command line means.

    Raises:
        UsageError: It is neither a positive number nor ``max``.
    """
    if word == MAX:
        return Unpaced()
    if not _NUMBER.fullmatch(word) or float(word) <= 0:
        raise UsageError(f"--speed {word}: a number from 0.001 to 999999, at most three decimals, or max")
    return Scaled(float(word))
