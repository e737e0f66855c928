"""
A defended account: the native Expert Advisor, the broker model with bars and a script of the market, the desk.

Everything stands under one clock (``experts``). The market's time runs through a bar of M15 at once; then the programs get the
second or so that they need. What is asserted stands at the broker.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.end_to_end.experts import OFFSET_MS, T0, Scene, Seat, shrunk
from tests.runtime.market_side import BEGUN, FAST, MINUTE_MS, SCRIPT, SLOW, Tape

from dtms.defence_names import State
from dtms.engine.defence.record import Defence
from dtms.engine.trade import Trade
from dtms.names import OpenKind, Outcome
from dtms.settings import Settings
from dtms.settings_defence import CadenceSettings, DefenceSettings, HedgeMode, HedgeSettings, Preset, TimerSettings
from dtms.settings_score import FlowSettings, SignalSettings
from dtms.sim.broker import Broker
from dtms.sim.derive import derive_spec
from dtms.sim.feed import Bar
from dtms.sim.mt5 import Retcode
from dtms.sim.spec import DAY_S, Sessions
from dtms.sim.state import Account, Deal, Position
from dtms.sim.witness import Booked, LevelsMoved, Origin
from dtms.wire.messages import BarRow, ExecutionReport
from dtms.wire.tag import kind_of

BEGIN = T0 - 6_300_000  # Tuesday, 5 March 2024, 08:15 UTC
FAST_MS, SLOW_MS = FAST * MINUTE_MS, SLOW * MINUTE_MS
QUOTES = 4  # a bar of M5
SPREAD = 0.0001
ENTRY, RISK = 1.0965, 0.01
_SEAT = "manager"
CONFIRM_MS = 2_000  # of the programs' clock, which costs nothing: a socket that is slow to deliver leaves no bar out
_REST_MS = 600  # the Expert Advisor looks for bars every 500 ms

# The script keeps a hedge for sixteen bars and swings further than a stop one ATR away.
FULL = DefenceSettings(
    preset=Preset.FULL,
    hedge=HedgeSettings(mode=HedgeMode.HEDGE, min_stop_atr=10),
    timers=TimerSettings(flat_bars=40),
)
# The score is that of the bars: quotes inside them are few and say nothing.
SILENT = FlowSettings(flip_share=1, flip_share_low=1, flip_figure=0, mild_figure=0, with_figure=0, delta_figure=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is traded, where, and how. The script's prices are multiplied by ``factor``; for a sell they are mirrored."""

    symbol: str = "EURUSD"
    factor: float = 1.0
    digits: int = 5
    stops_level: int = 0
    lots: float = 0.05
    sell: bool = False
    account: Account = field(default_factory=Account)
    max_open_lots: str = "5.0"
    sessions: Sessions | None = None
    begin: int = BEGIN
    script: Sequence[float] = tuple(SCRIPT)
    begun: int = BEGUN - SLOW // FAST  # the first bar after an opening makes the trade a healthy one, and is judged
    early: float | None = None  # the script's price at which a position was opened an hour before


def acting(defence: DefenceSettings = FULL, **values: Any) -> Settings:
    """Every wait shrunk, the defence as said."""
    update = {
        "defence": defence,
        "cadence": CadenceSettings(confirm_ms=CONFIRM_MS),
        "signals": SignalSettings(flow=SILENT),
        **values,
    }
    return shrunk().model_copy(update=update)


class Defended:
    """All of it; ``step`` lets one bar of M15 close and what follows from it be done."""

    def __init__(self, scene: Scene, kind: Kind, tape: Tape) -> None:
        self.scene = scene
        self.kind = kind
        self.tape = tape
        self.broker = scene.broker
        self.states: list[State] = []
        """Every state that the only trade was seen in."""
        self.reason = ""

    # ---- the market

    def price(self, value: float) -> float:
        """A price of the script as the symbol has it."""
        return round(value * self.kind.factor, self.kind.digits)

    def quote(self, bid: float, utc: int | None = None) -> None:
        """A quote by its price in the script, now or at a time of the market."""
        self.broker.quote(self.kind.symbol, self.scene.utc if utc is None else utc, self.price(bid), self.price(bid + SPREAD))

    def play_bar(self, *, last: bool = False) -> int:
        """Let a bar of M15 pass at the broker, and the one after it begin where it is not the last; the time of its close."""
        fast, slow = self.tape.next()
        for row in fast:
            self._play(row, first=row is fast[0])
        closed = slow.ts_open - OFFSET_MS + SLOW_MS
        if not last:
            self.quote(slow.close, closed)
        self.scene.ahead_ms += closed + 2_000 - self.scene.utc
        return closed

    def _play(self, row: BarRow, *, first: bool) -> None:
        opened = row.ts_open - OFFSET_MS
        if not first:
            self.quote(row.open, opened)
        turns = (row.low, row.high) if row.close > row.open else (row.high, row.low)
        for price, after in zip((*turns, row.close), (60_000, 120_000, 290_000), strict=True):
            self.quote(price, opened + after)

    def step(self) -> None:
        """Let a bar of M15 close, its checks be made and what they lead to be done."""
        closed = self.play_bar()
        self.until(lambda: all(_checked(trade, closed) for trade in self.trades))
        self.rest()

    def close_market(self) -> None:
        """The last bar of the week passes, and half of the time until the market opens."""
        self.play_bar(last=True)
        self.scene.pass_time(2_000)
        self.scene.ahead_ms += DAY_S * 1_000
        self.scene.pass_time(2_000)

    def open_market(self, at: int) -> None:
        """The script goes on at this time (ms UTC)."""
        later = at - (self.tape.rows[self.tape.at * 3].ts_open - OFFSET_MS)
        for rows, first in ((self.tape.rows, self.tape.at * 3), (self.tape.slow, self.tape.at)):
            rows[first:] = [row.model_copy(update={"ts_open": row.ts_open + later}) for row in rows[first:]]
        self.scene.ahead_ms += at - self.scene.utc
        self.quote(self.tape.rows[self.tape.at * 3].open, at)
        self.rest()

    def until(self, reached: Callable[[], object]) -> None:
        """Let time pass until something is so, and note each state on the way."""

        def noted() -> object:
            self._note()
            return reached()

        self.scene.until(noted)

    def until_state(self, state: State, bars: int = 30) -> None:
        """Let so many bars close at most until the trade is in a state."""
        for _ in range(bars):
            if self.state is state:
                break
            self.step()
        assert self.state is state, f"{self.states} ({self.reason})"

    def until_flat(self, bars: int = 30) -> None:
        """Let so many bars close at most until nothing is open."""
        for _ in range(bars):
            if not self.broker.positions:
                break
            self.step()
        self.until(lambda: not self.trades)
        assert self.broker.positions == ()

    def restart(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """The service begins anew and has taken in what is open."""
        self.scene.restart_desk(meanwhile)
        self.until(lambda: self.scene.desk.accounts and self.scene.managed(_SEAT))
        if self.trades:
            self.until(self.judged)
        self.rest()

    def rest(self) -> None:
        """Let everything that is under way come to its end."""
        end = self.scene.now + _REST_MS
        self.until(lambda: self.scene.now >= end and not len(self.scene.account.trader.commands))

    def _note(self) -> None:
        if not self.scene.desk.accounts or not self.trades:
            return
        record = self.record
        if not self.states or self.states[-1] is not record.state:
            self.states.append(record.state)
        self.reason = record.reason or self.reason

    def buy(self, **values: Any) -> int:
        """The user opens a position of the kind's lots (a sell where it is one), its stop R away; its number."""
        side = int(self.kind.sell)
        risk = -RISK if self.kind.sell else RISK
        fields = {"sl": self.price(self.tape.price - risk), "tp": self.price(self.tape.price + 3 * risk)} | values
        ticket = self.broker.human_open(self.kind.symbol, side, self.kind.lots, **fields)
        self.until(lambda: self.trades and self.judged())
        self.rest()
        return ticket

    # ---- what the desk knows

    def judged(self) -> bool:
        """Whether the terminal's history has come and a score was made of it."""
        market = self.scene.account.markets.of(self.kind.symbol)
        return market is not None and bool(market.closes)

    @property
    def trades(self) -> list[Trade]:
        return [trade for trade in self.scene.account.book if trade.managed]

    @property
    def trade(self) -> Trade:
        (only,) = self.trades
        return only

    @property
    def record(self) -> Defence:
        assert self.trade.defence is not None
        return self.trade.defence

    @property
    def state(self) -> State | None:
        """Of the only trade; None when it has ended."""
        return self.record.state if self.trades else None

    def stands(self, state: State) -> bool:
        """Whether the only trade is in this state."""
        return self.state is state

    def flat(self) -> bool:
        """Whether nothing is open at the broker."""
        return not self.broker.positions

    # ---- what happened at the broker

    def deals(self) -> list[Deal]:
        """Those that the Expert Advisor's requests brought, in order."""
        history = self.broker.witness.history
        return [x.deal for x in history if isinstance(x, Booked) and x.origin is Origin.EXPERT]

    def moved(self, identifier: int) -> list[LevelsMoved]:
        """Stops that were moved by requests of the Expert Advisor."""
        history = self.broker.witness.history
        return [x for x in history if isinstance(x, LevelsMoved) and x.origin is Origin.EXPERT and x.identifier == identifier]

    def held(self, identifier: int) -> Position | None:
        return next((p for p in self.broker.positions if p.identifier == identifier), None)

    def legs(self, kind: OpenKind) -> list[Position]:
        """Open positions that DTMS opened."""
        found = [(p, kind_of(p.magic)) for p in self.broker.positions]
        return [p for p, said in found if said is kind]

    def sound(self) -> bool:
        """Whether deals add up, no stop was widened, and neither the Expert Advisor nor the broker refused anything."""
        witness = self.broker.witness
        outcomes = {told.body.outcome for told in self.scene.router.heard if isinstance(told.body, ExecutionReport)}
        undisputed = outcomes <= {Outcome.DONE} and set(witness.requests) <= {Retcode.DONE}
        return self.broker.volume_errors() == [] and not witness.stops_widened and undisputed


def _checked(trade: Trade, closed: int) -> bool:
    return trade.defence is None or trade.defence.state is State.CLOSING or trade.defence.last_bar >= closed


def _broker(kind: Kind, tape: Tape) -> Broker:
    spec = replace(derive_spec(kind.symbol, digits=kind.digits), stops_level=kind.stops_level)
    if kind.sessions is not None:
        spec = replace(spec, quote_sessions=kind.sessions, trade_sessions=kind.sessions)
    earlier = kind.begin if kind.early is None else kind.begin - 3_600_000
    broker = Broker([spec], account=kind.account, deposit=1_000_000, time_msc=earlier, offset_ms=OFFSET_MS)
    if kind.early is not None:
        bid, ask, stop = (round(p * kind.factor, kind.digits) for p in (kind.early, kind.early + SPREAD, kind.early - RISK))
        broker.quote(kind.symbol, earlier, bid, ask)
        broker.human_open(kind.symbol, 0, kind.lots, sl=stop)
    for (_, minutes), rows in tape.history().items():
        bars = [
            Bar(row.ts_open // 1_000, *_scaled(row, kind), tick_volume=row.tick_volume, spread=row.spread) for row in rows
        ]  # fmt: skip
        broker.preload_bars(kind.symbol, minutes * 60, bars)
    return broker


def _scaled(row: BarRow, kind: Kind) -> tuple[float, float, float, float]:
    open_, high, low, close = (round(p * kind.factor, kind.digits) for p in (row.open, row.high, row.low, row.close))
    return open_, high, low, close


def _tape(kind: Kind) -> Tape:
    script = [2 * ENTRY - price for price in kind.script] if kind.sell else list(kind.script)
    tape = Tape(kind.begin, script, kind.begun)
    tape.rows = [row.model_copy(update={"tick_volume": QUOTES}) for row in tape.rows]
    tape.slow = [row.model_copy(update={"tick_volume": QUOTES * SLOW // FAST}) for row in tape.slow]
    return tape


@contextmanager
def defended(folder: Path, kind: Kind | None = None, settings: Settings | None = None, **values: Any) -> Iterator[Defended]:
    """A defended account that is watched from here on; nothing is open."""
    kind = replace(kind or Kind(), **values)
    tape = _tape(kind)
    scene = Scene(
        folder,
        [Seat(_SEAT, 0, 0, kind.symbol)],
        settings=settings or acting(),
        inputs={"MaxOpenLots": kind.max_open_lots},
        broker=_broker(kind, tape),
    )
    scene.ahead_ms = kind.begin + 100 - T0
    on = Defended(scene, kind, tape)
    try:
        on.quote(tape.price)
        for house in scene.houses:
            house.start()
        scene.until(lambda: scene.managed(_SEAT))
        yield on
    finally:
        scene.close()
