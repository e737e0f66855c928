"""
Bars, orders, deals and names when the terminal is slow, changes between two calls, or has been busy for long (R03, R14).
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from tests.mql5.support import running

from dtms.names import Changed
from dtms.sim.derive import derive_spec
from dtms.sim.records import Record
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import BarClosed, Deal, Heartbeat, PositionChanged, Snapshot, Subscribe, SymbolSpec


class Watched(SimTerminal):
    """A terminal that tells a test of each look at bars, after it."""

    looked: Callable[[str, int, int], None] | None = None

    def copy_rates(self, symbol: str, timeframe_s: int, start_pos: int, count: int) -> bytes | int:
        bars = super().copy_rates(symbol, timeframe_s, start_pos, count)
        if self.looked is not None:
            self.looked(symbol, timeframe_s, start_pos)
        return bars


def test_a_bar_that_closes_between_two_looks_is_told_once(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=Watched) as life:
        life.router.send(Subscribe(symbols=["EURUSD"], timeframes=[1]))
        life.settle()
        life.advance(1_000)
        life.quote(bid=1.1001)
        life.advance(60_000 - life.server_ms % 60_000 - 300, step=100)
        armed = [True]

        def looked(_symbol: str, _timeframe_s: int, start_pos: int) -> None:
            if start_pos or not armed or life.server_ms % 60_000 > 30_000:
                return
            armed.clear()
            life.now += 60_000
            life.broker.advance_market(life.market_ms)
            life.quote(bid=1.1003)
            life.terminal.apply_all(life.broker.take_updates())

        life.now += 400
        life.program.set_clock_ms(life.now)
        life.broker.advance_market(life.market_ms)
        life.quote(bid=1.1002)
        life.terminal.apply_all(life.broker.take_updates())
        life.terminal.looked = looked  # type: ignore[attr-defined]
        life.advance(3_000)
        life.quote(bid=1.1005)
        life.advance(3_000)
        life.settle()

        assert not armed
        opened = [told.bar.ts_open for told in life.router.of(BarClosed)]
        assert len(opened) >= 2
        assert [b - a for a, b in pairwise(opened)] == [60_000] * (len(opened) - 1)


def test_the_first_look_at_each_line_of_bars_is_announced_and_has_an_event_of_its_own(tmp_path: Path) -> None:
    specs = [derive_spec("EURUSD"), derive_spec("GBPUSD")]
    with running(tmp_path, specs=specs, terminal_type=Watched) as life:
        life.settle()
        first: dict[tuple[str, int], int] = {}
        life.terminal.looked = lambda symbol, seconds, _: first.setdefault((symbol, seconds), life.now)  # type: ignore[attr-defined]
        before = len([beat for beat in life.router.of(Heartbeat) if beat.busy_ms])
        life.router.send(Subscribe(symbols=["EURUSD", "GBPUSD"], timeframes=[1, 5, 15]))
        life.until(lambda: len(first) == 6)
        life.settle()

        assert len(set(first.values())) == 6
        assert len([beat for beat in life.router.of(Heartbeat) if beat.busy_ms]) - before >= 6


class Renaming(SimTerminal):
    """A broker that gives the symbol of open positions another name."""

    name = ""

    def position(self, ticket: int) -> Record | None:
        record = super().position(ticket)
        return record if record is None or not self.name else {**record, "POSITION_SYMBOL": self.name}


def test_a_position_whose_symbol_has_another_name_is_told(tmp_path: Path) -> None:
    renamed = replace(derive_spec("EURUSD"), name="EURUSD.a")
    with running(tmp_path, specs=[derive_spec("USDJPY"), derive_spec("EURUSD"), renamed], terminal_type=Renaming) as life:
        life.hold(symbol="EURUSD")
        life.settle()
        life.terminal.name = "EURUSD.a"  # type: ignore[attr-defined]

        changed = life.wait_for(PositionChanged)
        assert changed.position.symbol == "EURUSD.a"
        life.wait_for(SymbolSpec, lambda spec: spec.symbol == "EURUSD.a")
        life.until(lambda: life.router.quotes("EURUSD.a"))
        assert changed.changed & Changed.TICKET


def test_the_deals_of_a_long_outage_are_told_a_few_at_a_time(tmp_path: Path) -> None:
    with running(tmp_path, deposit=1e9) as life:
        life.settle()
        accept, life.router.accept = life.router.accept, None
        life.router.reopen()
        life.advance(2_000)
        tickets = [life.broker.human_open("EURUSD", 0, 0.01) for _ in range(350)]
        life.advance(1_000)
        life.router.frames.clear()
        life.router.epoch += 1
        life.router.accept = accept
        life.until(lambda: life.router.of(Snapshot))
        life.advance(2_000)
        life.settle()

        frames = [frame for frame in life.router.frames if isinstance(frame.body, Deal)]
        assert sorted(deal.position_id for deal in life.router.of(Deal) if deal.position_id) == tickets
        assert len({frame.mono_ms for frame in frames}) > 1
