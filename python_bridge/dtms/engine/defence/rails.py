"""
The safety rails: what each blocks, what it puts off, what it demands (part 6).

A rail whose figures are not known blocks what raises risk and nothing else. What reduces risk is never blocked; R-5 and R-7 put
some of it off, R-5 for at most ``spread_wait_ms``. A hedge of at most the position's own volume raises no risk.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dtms.defence_names import Action, Rail
from dtms.engine.defence.record import Duty
from dtms.engine.defence.situation import Situation
from dtms.engine.market import Market
from dtms.settings_rails import GapGuard, OnLoss, RailsSettings

_MINUTE_MS: Final = 60_000
_DUST: Final = 1e-9  # a spread is the difference of two decimal prices
_OPENINGS: Final = frozenset({Action.OPEN_HEDGE, Action.RE_ADD})
_STOPS: Final = frozenset({Action.TIGHTEN, Action.BREAK_EVEN, Action.TRAIL})
_ROUTINE: Final = frozenset({Action.TRAIL, Action.PROTECT})
# Reductions and closes are in no row: nothing holds them.
BLOCKS: Final[Mapping[Rail, frozenset[Action]]] = MappingProxyType(
    {
        Rail.DAILY_LOSS: _OPENINGS,
        Rail.HOURLY_LOSS: _OPENINGS,
        Rail.STOPS_IN_A_ROW: _OPENINGS,
        Rail.NEWS: _OPENINGS,
        Rail.DATA: _OPENINGS,
        Rail.LINK: _OPENINGS,
        Rail.GAP: _OPENINGS,
    }
)
# These do not block a hedge that raises no risk (5.4).
_NEUTRAL_PASSES: Final = frozenset({Rail.DAILY_LOSS, Rail.HOURLY_LOSS, Rail.STOPS_IN_A_ROW})


def gap_is_near(now: Situation) -> bool:
    """Return whether a long closure of the symbol is about to begin (R-9)."""
    closure, gap = now.view.closure, now.rules.rails.gap
    if closure is None or closure.ends - closure.starts <= gap.hours * 60 * _MINUTE_MS:
        return False
    return closure.starts - gap.minutes * _MINUTE_MS <= now.utc < closure.starts


def _day(now: Situation) -> bool | None:
    figures = now.view.rails
    if figures.day_hit:
        return True
    return None if figures.day_loss is None else figures.day_loss >= now.rules.rails.day_loss


def _hour(now: Situation) -> bool | None:
    figures = now.view.rails
    if figures.hour_hit:
        return True
    return None if figures.hour_loss is None else figures.hour_loss >= now.rules.rails.hour_loss


def _stops(now: Situation) -> bool | None:
    stops = now.view.rails.stops
    return None if stops is None else stops >= now.rules.rails.stops_in_a_row


def _news(now: Situation) -> bool:
    return now.view.rails.blackout is not None


def spikes(market: Market, rails: RailsSettings) -> bool | None:
    """Return whether the spread is far above its median, None where that is not known (R-5)."""
    median, quote = None if market.view is None else market.view.rails.spread_median, market.quote
    if median is None or quote is None or median <= 0:
        return None
    return quote.ask - quote.bid > rails.spread_factor * median * (1 + _DUST)


def _spread(now: Situation) -> bool | None:
    return spikes(now.market, now.rules.rails)


def _data(now: Situation) -> bool:
    return now.valid is None


def _link(now: Situation) -> bool:
    return not now.view.rails.link_up


def _gap(now: Situation) -> bool | None:
    if now.rules.rails.gap.guard is GapGuard.OFF:
        return False
    return gap_is_near(now) if now.view.closures_known else None


# True: hit, False: clear, None: not known.
READERS: Final[Mapping[Rail, Callable[[Situation], bool | None]]] = MappingProxyType(
    {
        Rail.DAILY_LOSS: _day,
        Rail.HOURLY_LOSS: _hour,
        Rail.STOPS_IN_A_ROW: _stops,
        Rail.NEWS: _news,
        Rail.SPREAD: _spread,
        Rail.DATA: _data,
        Rail.LINK: _link,
        Rail.GAP: _gap,
    }
)


def blocking(action: Action, now: Situation) -> Rail | None:
    """Return the rail that forbids the action now; a figure that is not known forbids it too."""
    neutral = action is Action.OPEN_HEDGE and now.rules.defence.hedge.ratio <= 1
    for rail, actions in BLOCKS.items():
        if action not in actions or (neutral and rail in _NEUTRAL_PASSES):
            continue
        if READERS[rail](now) is not False:
            return rail
    return None


def told(rail: Rail, now: Situation) -> str:
    """Return the rail's name with the figure that it is hit by, or that is not known."""
    rails, seen = now.rules.rails, now.view.rails
    tellers: Mapping[Rail, Callable[[], str]] = {
        Rail.DAILY_LOSS: lambda: _share("loss of the day", seen.day_loss, rails.day_loss, since="earlier that day"),
        Rail.HOURLY_LOSS: lambda: _share("loss of the hour", seen.hour_loss, rails.hour_loss, since="within the hour"),
        Rail.STOPS_IN_A_ROW: lambda: _or_not_known("losing stops in a row", seen.stops, f"of {rails.stops_in_a_row}"),
        Rail.NEWS: lambda: f"news: {seen.blackout}",
        Rail.SPREAD: lambda: _wide(now),
        Rail.DATA: lambda: "the score is not valid",
        Rail.BUDGET: lambda: "too many commands",
        Rail.LINK: lambda: "the link is down",
        Rail.GAP: lambda: _closes(now),
    }
    return f"{rail.value}, {tellers[rail]()}"


def _share(name: str, loss: float | None, limit: float, *, since: str) -> str:
    if loss is None or loss >= limit:
        return _or_not_known(name, None if loss is None else f"{loss:.2%}", f"of {limit:.2%}")
    return f"{name} {limit:.2%} {since}, now {loss:.2%}"


def _or_not_known(name: str, figure: object, limit: str) -> str:
    return f"{name} not known" if figure is None else f"{name} {figure} {limit}"


def _wide(now: Situation) -> str:
    quote, median = now.quote, now.view.rails.spread_median
    if quote is None or not median:
        return "usual spread not known"
    return f"spread {quote.ask - quote.bid:.6g}, usual {median:.6g}"


def _closes(now: Situation) -> str:
    closure = now.view.closure
    if closure is None:
        return "the market's sessions are not known"
    minutes, hours = (closure.starts - now.utc) / _MINUTE_MS, (closure.ends - closure.starts) / (60 * _MINUTE_MS)
    return f"the market closes in {minutes:.0f} min for {hours:.3g} h"


def holding(duty: Duty, now: Situation) -> Rail | None:
    """Return the rail that puts the action off for a while."""
    if _over_budget(duty.action, now):
        return Rail.BUDGET
    spiking = _spread(now)
    if duty.action in _OPENINGS and spiking is not False:
        return Rail.SPREAD
    waited = duty.held_at is not None and now.now - duty.held_at >= now.rules.rails.spread_wait_ms
    if duty.action in _STOPS and spiking and (duty.action is Action.TRAIL or not waited):
        return Rail.SPREAD
    return None


def _over_budget(action: Action, now: Situation) -> bool:
    """Return whether R-7's budget has no room; reductions are not counted against it."""
    if action is Action.PARTIAL:
        return False
    rails, sent = now.rules.rails, [at for at in now.record.sent_at if now.now - at < _MINUTE_MS]
    soon = action in _ROUTINE and any(now.now - at < rails.modify_every_ms for at in sent)
    return soon or len(sent) >= rails.ticket_minute or now.view.rails.commands_minute >= rails.account_minute


def must_close(now: Situation) -> Rail | None:
    """Return the rail that demands the end of the trade (T15)."""
    rails = now.rules.rails
    if rails.on_day_loss is OnLoss.FLATTEN and _day(now):
        return Rail.DAILY_LOSS
    if rails.gap.guard is GapGuard.CLOSE and gap_is_near(now):
        return Rail.GAP
    return None


def hit(now: Situation) -> frozenset[Rail]:
    """Return the rails that are hit, for notes and pages; not those whose figures are not known."""
    return frozenset(rail for rail, reader in READERS.items() if reader(now))
