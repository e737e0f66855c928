"""A desk, a terminal with bars, a script of the market: what tests of the defence begin with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.runtime.bench import UTC, Bench, acting, bench
from tests.runtime.market_side import FAST, MINUTE_MS, SLOW, MarketSide, Tape, quote_at
from tests.session.made import position, spec

from dtms.engine.defence.record import Defence
from dtms.engine.trade import Trade
from dtms.settings import Settings
from dtms.settings_defence import DefenceSettings, HedgeMode, HedgeSettings, Preset, TimerSettings
from dtms.store.journal import Journal
from dtms.wire.messages import Account, Position

CONFIRM_MS = 5_000
QUARTER_MS = SLOW * MINUTE_MS
BEGIN = UTC + 2 * QUARTER_MS
ENTRY, RISK = 1.0965, 0.01
ALWAYS = [{"day": day, "from_s": 0, "to_s": 86_400} for day in range(7)]  # without sessions nothing may be opened
FULL = DefenceSettings(
    preset=Preset.FULL,
    hedge=HedgeSettings(mode=HedgeMode.HEDGE),
    timers=TimerSettings(flat_bars=40),
)


@dataclass
class Defended:
    """All of it; ``step`` lets one bar of M15 close and its check be made."""

    desk: Bench
    side: MarketSide
    tape: Tape

    def begin(self, *positions: Position) -> None:
        """Connect with these positions open and let the first check be made."""
        self.desk.now = BEGIN - UTC + 1_000
        self.side.positions = {p.position_id: p for p in positions or (bought(),)}
        self.side.history = self.tape.history()
        self.desk.dial(self.side)
        self.side.say(figures(), self.desk.now)
        self.quote()
        self.pass_time(1_000)

    def quote(self, price: float | None = None) -> None:
        bid = self.tape.price if price is None else price
        self.side.quotes(self.desk.now, quote_at(UTC + self.desk.now, bid))
        self.desk.pump()

    def pass_time(self, ms: int) -> None:
        self.desk.pass_time(ms, step=min(ms, 1_000))

    def close_bar(self) -> None:
        """Let the next bar of M15 close; nothing is checked yet."""
        fast, slow = self.tape.next()
        closed = slow.ts_open - 7_200_000 + QUARTER_MS
        for row in fast:
            self.side.tell_bar(FAST, row, self.desk.now)
        self.desk.now = closed - UTC + 500
        self.side.tell_bar(SLOW, slow, self.desk.now)
        self.side.beat(self.desk.now)
        self.quote()

    def step(self) -> None:
        self.close_bar()
        self.desk.pass_time(CONFIRM_MS, step=2_500)
        self.pass_time(1_000)

    @property
    def trade(self) -> Trade:
        return next(trade for trade in self.desk.account.book if trade.managed)

    @property
    def record(self) -> Defence:
        assert self.trade.defence is not None
        return self.trade.defence


def bought(position_id: int = 1, **values: Any) -> Position:
    """A buy whose R is far larger than what the script moves by."""
    return position(position_id, price_open=ENTRY, stop_loss=round(ENTRY - RISK, 5), **values)


def figures(**values: object) -> Account:
    fields = {"balance": 10_000.0, "credit": 0.0, "equity": 10_000.0, "profit": 0.0, "margin": 100.0, "margin_free": 9_900.0}
    rest = {"margin_level": 10_000.0, "leverage": 100, "margin_mode": 3, "permissions": 31, "ts_event": BEGIN}
    return Account.model_validate(fields | rest | values)


@contextmanager
def defended(settings: Settings | None = None, journal: Journal | None = None, **values: object) -> Iterator[Defended]:
    """A defended account; in full, with the hedge, unless said otherwise."""
    with bench(settings or acting(defence=FULL), journal) as desk:
        fields: dict[str, object] = {"specs": {"EURUSD": spec(sessions=ALWAYS)}}
        yield Defended(desk, MarketSide(**fields | values), Tape(BEGIN))  # type: ignore[arg-type]
