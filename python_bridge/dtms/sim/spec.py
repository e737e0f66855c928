"""
What a broker says of a symbol: `SymbolSpec`, its sessions, and its money per price unit.

Prices and distances are in quote currency, volumes in lots, sessions in seconds of the server's day.
"""

from dataclasses import dataclass
from typing import Final

from dtms.sim.mt5 import Execution, OrderMode, SwapMode, TradeMode

DAY_S: Final = 86_400
FOREX: Final = 0  # SYMBOL_CALC_MODE_FOREX
CFD: Final = 4  # SYMBOL_CALC_MODE_CFDLEVERAGE
WEDNESDAY: Final = 3  # ENUM_DAY_OF_WEEK counts from Sunday = 0

Sessions = tuple[tuple[tuple[int, int], ...], ...]
"""Seven days from Sunday, each a tuple of (from, to) in seconds of the day; `to` may exceed 86,400."""

ALWAYS: Final[Sessions] = (((0, DAY_S),),) * 7


def weekly(open_s: int, close_s: int, offset_s: int = 0, daily_break: tuple[int, int] | None = None) -> Sessions:
    """
    Sessions of a market that opens once and closes once a week.

    Args:
        open_s: opening in seconds from Sunday 00:00 UTC, and close_s likewise.
        close_s: closing, at most a week later.
        offset_s: the server's time minus UTC, in which the sessions are given.
        daily_break: (from, to) in seconds of the server's day in which nothing is traded.
    """
    first, last = open_s + offset_s, close_s + offset_s
    days: list[tuple[tuple[int, int], ...]] = []
    for day in range(7):
        begin, end = max(first - day * DAY_S, 0), min(last - day * DAY_S, DAY_S)
        pieces = [(begin, end)]
        if daily_break is not None:
            pieces = [(begin, min(end, daily_break[0])), (max(begin, daily_break[1]), end)]
        days.append(tuple((a, b) for a, b in pieces if a < b))
    return tuple(days)


# The foreign exchange week: Sunday 22:00 to Friday 22:00 UTC.
FX_OPEN_S: Final = 22 * 3_600
FX_CLOSE_S: Final = 5 * DAY_S + 22 * 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolSpec:
    """A symbol's properties; names follow SYMBOL_* in lower case."""

    name: str
    description: str = ""
    path: str = ""
    currency_base: str = "EUR"
    currency_profit: str = "USD"
    currency_margin: str = "EUR"
    digits: int = 5
    tick_size: float = 0.00001
    contract_size: float = 100_000.0
    calc_mode: int = FOREX
    volume_min: float = 0.01
    volume_max: float = 100.0
    volume_step: float = 0.01
    volume_limit: float = 0.0  # sum of one direction, 0 = none
    stops_level: int = 0  # points
    freeze_level: int = 0  # points
    filling_mode: int = 3  # FOK | IOC
    execution: Execution = Execution.MARKET
    trade_mode: TradeMode = TradeMode.FULL
    order_mode: int = int(~OrderMode(0))
    expiration_mode: int = 15
    swap_mode: SwapMode = SwapMode.POINTS
    swap_long: float = 0.0
    swap_short: float = 0.0
    swap_rollover3days: int = WEDNESDAY
    commission: float = 0.0  # deposit currency per lot and side
    margin_rate: float = 1.0  # part of the notional divided by the leverage
    margin_hedged: float = 0.0  # contract size charged for the covered volume, 0 = free
    margin_initial: float = 0.0  # margin currency per lot, for an entry; 0 = by contract size and leverage
    margin_maintenance: float = 0.0  # likewise while the position is held; 0 = as the initial one
    quote_sessions: Sessions = ALWAYS
    trade_sessions: Sessions = ALWAYS

    @property
    def point(self) -> float:
        return float(10.0**-self.digits)

    def on_grid(self, price: float) -> bool:
        """Whether a price is a multiple of the tick size, within a thousandth of it."""
        ticks = price / self.tick_size
        return abs(ticks - round(ticks)) < 1e-3

    def to_grid(self, price: float) -> float:
        """The nearest price of the grid, without binary dust."""
        return round(round(price / self.tick_size) * self.tick_size, self.digits)

    def volume_on_step(self, volume: float) -> bool:
        steps = volume / self.volume_step
        return abs(steps - round(steps)) < 1e-6

    def session_open(self, server_s: int) -> bool:
        """Whether the trade sessions cover a server time in seconds."""
        days, second = divmod(server_s, DAY_S)
        day = (days + 4) % 7  # 1970-01-01 was a Thursday
        if any(a <= second < b for a, b in self.trade_sessions[day]):
            return True
        return any(a <= second + DAY_S < b for a, b in self.trade_sessions[(day - 1) % 7])


def clean_volume(volume: float) -> float:
    """Lots without binary dust; eight decimals are finer than any volume step."""
    return round(volume, 8)
