"""
Accounts on which a symbol has one position: the Expert Advisor in its own process, the service here, started anew in the middle.

The broker model carries the truth: what stands there, and whether its deals add up to it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.end_to_end.account import MONDAY, SYMBOL, SimulatedAccount

from dtms.engine.obligation import Stage
from dtms.engine.trade import Trade
from dtms.names import OnSilence, Side
from dtms.runtime.log import Line
from dtms.runtime.service import Service
from dtms.runtime.snapshots import AccountView
from dtms.settings import AdoptSettings, LinkSettings, Mode, Scope, Settings
from dtms.sim.derive import derive_spec
from dtms.sim.mt5 import Execution, MarginMode
from dtms.sim.state import Account, Position
from dtms.store.opening import open_store
from dtms.store.sqlite import SqliteJournal

pytestmark = pytest.mark.timeout(120)

ENTRY, STOP = 1.1000, 1.0990
ACCOUNTS = [
    pytest.param(Account(margin_mode=MarginMode.NETTING), Execution.MARKET, id="netting"),
    pytest.param(Account(margin_mode=MarginMode.NETTING, position_binds=False), Execution.MARKET, id="netting-without-tickets"),
    pytest.param(Account(margin_mode=MarginMode.EXCHANGE), Execution.EXCHANGE, id="exchange"),
]
# A server that ignores the ticket of a request closes what it meets; no client can prevent that.
BINDING = [ACCOUNTS[0], ACCOUNTS[2]]


@dataclass
class Scene:
    """The account and the service of the moment."""

    account: SimulatedAccount
    folder: Path
    address: str
    service: Service
    store: SqliteJournal
    lines: list[Line] = field(default_factory=list)

    def restart(self) -> None:
        """Another service in the place of this one."""
        self.service.stop(5.0, OnSilence.HOLD)
        self.store.close()
        self.service, self.store = started(self.folder, self.address)
        self.until(lambda: self.service.wait_ready(0), "the Expert Advisor logs on to the next service")

    def until(self, reached: Callable[[], bool], what: str) -> None:
        self.account.until(reached, what)

    @property
    def view(self) -> AccountView | None:
        return next(iter(self.service.snapshot().accounts), None)

    def trades(self) -> tuple[Trade, ...]:
        return self.view.trades if self.view is not None and self.view.view_known else ()

    def trade(self) -> Trade | None:
        trades = self.trades()
        return trades[0] if len(trades) == 1 else None

    def held(self) -> Position:
        (only,) = self.account.broker.positions
        return only

    def knows(self, side: Side, volume: float, generation: int) -> bool:
        trade = self.trade()
        return trade is not None and (trade.side, trade.position.volume, trade.key.generation) == (side, volume, generation)

    def at_rest(self) -> bool:
        return self.view is not None and not self.view.commands_under_way

    def conserved(self) -> bool:
        return self.account.broker.volume_errors() == []


def started(folder: Path, address: str) -> tuple[Service, SqliteJournal]:
    settings = Settings(mode=Mode.ACT, link=LinkSettings(bind=address), adopt=AdoptSettings(scope=Scope.ALL, confirmed=True))
    store = open_store(folder, settings.store)
    service = Service(settings, store, lambda _: None)
    service.start()
    return service, store


@contextmanager
def scene(folder: Path, model: Account, execution: Execution) -> Iterator[Scene]:
    data = folder / "data"
    data.mkdir()
    service, store = started(data, "tcp://127.0.0.1:*")
    spec = replace(derive_spec(SYMBOL), execution=execution, margin_initial=1_000.0, margin_maintenance=1_000.0)
    account = SimulatedAccount(folder, service.address.removeprefix("tcp://"), account=model, spec=spec)
    made = Scene(account, data, service.address, service, store)
    try:
        account.start()
        made.until(lambda: made.service.wait_ready(0), "the Expert Advisor logs on")
        yield made
    finally:
        account.terminal.kill()
        made.service.stop()
        made.store.close()


@pytest.mark.parametrize(("model", "execution"), ACCOUNTS)
def test_a_position_from_its_opening_through_zero_to_its_close(tmp_path: Path, model: Account, execution: Execution) -> None:
    with scene(tmp_path, model, execution) as s:
        broker, quote = s.account.broker, s.account.quote

        quote(ENTRY - 0.0001, ENTRY)
        ticket = broker.human_open(SYMBOL, 0, 0.10, sl=STOP)
        s.until(lambda: s.knows(Side.BUY, 0.1, 1), "the position is known")
        quote(ENTRY + 0.0012, ENTRY + 0.0013)
        s.until(lambda: s.held().sl > ENTRY, "the stop goes to break-even")
        assert s.held().sl < ENTRY + 0.0012

        s.restart()
        assert s.knows(Side.BUY, 0.1, 1)
        broker.human_open(SYMBOL, 1, 0.30, sl=ENTRY + 0.0032)  # closes 0.10 and sells 0.20 at the bid
        turned = s.held()
        assert (turned.identifier, turned.side, turned.volume) == (ticket, 1, 0.2)
        assert turned.ticket != ticket
        s.until(lambda: s.knows(Side.SELL, 0.2, 2), "the next generation is known")
        trade = s.trade()
        assert trade is not None
        assert trade.break_even.stage is Stage.ARMED
        assert trade.risk == pytest.approx(0.0020)
        assert s.held().sl == ENTRY + 0.0032

        quote(ENTRY - 0.0009, ENTRY - 0.0008)
        s.until(lambda: s.held().sl < ENTRY + 0.0012, "its stop goes to its own break-even")
        s.until(s.at_rest, "the answer is there")
        assert s.conserved()

        assert s.service.ask_close(ticket, by="test").accepted
        s.until(lambda: not broker.positions, "the close closes")
        s.until(lambda: not s.trades() and s.at_rest(), "the end is known")
        counters = s.service.snapshot().counters

    assert s.conserved()
    assert broker.witness.stops_widened == 0
    assert broker.witness.positions_reversed == 1
    assert counters["commands.unknown"] == counters["commands.stray"] == 0
    assert counters["trades.closed"] == 2


@pytest.mark.parametrize(("model", "execution"), BINDING)
def test_a_close_that_a_human_reversal_overtakes_never_touches_the_next_generation(
    tmp_path: Path, model: Account, execution: Execution
) -> None:
    with scene(tmp_path, model, execution) as s:
        broker = s.account.broker
        s.account.quote(ENTRY - 0.0001, ENTRY)
        ticket = broker.human_open(SYMBOL, 0, 0.10, sl=STOP)
        s.until(lambda: s.knows(Side.BUY, 0.1, 1), "the position is known")

        broker.set_latency(500, 0)  # the request is on its way while the human turns the position round
        assert s.service.ask_close(ticket, by="test").accepted
        s.account.pass_time(0.2)
        broker.human_open(SYMBOL, 1, 0.30)
        s.until(lambda: s.knows(Side.SELL, 0.2, 2), "the next generation is known")
        broker.set_latency(0, 0)
        s.until(s.at_rest, "what was under way has ended")
        s.account.pass_time(1.0)

        assert (s.held().side, s.held().volume) == (1, 0.2)
        trade = s.trade()
        assert trade is not None
        assert trade.close is None
        assert s.conserved()


@pytest.mark.parametrize(("model", "execution"), ACCOUNTS)
def test_lots_added_by_hand_are_brought_to_break_even_from_their_mean_price(
    tmp_path: Path, model: Account, execution: Execution
) -> None:
    with scene(tmp_path, model, execution) as s:
        broker, quote = s.account.broker, s.account.quote
        quote(ENTRY - 0.0001, ENTRY)
        broker.human_open(SYMBOL, 0, 0.10, sl=STOP)
        s.until(lambda: s.knows(Side.BUY, 0.1, 1), "the position is known")
        quote(ENTRY + 0.0012, ENTRY + 0.0013)
        s.until(lambda: s.held().sl > ENTRY, "the stop goes to break-even")
        s.until(s.at_rest, "the answer is there")

        broker.human_open(SYMBOL, 0, 0.10, sl=s.held().sl)
        mean = s.held().price_open
        assert mean == pytest.approx(ENTRY + 0.00065)
        s.until(lambda: s.knows(Side.BUY, 0.2, 1), "the larger position is known, and the same trade")
        quote(ENTRY + 0.0019, ENTRY + 0.0020)
        s.until(lambda: s.held().sl > mean, "the stop goes to the break-even of all of it")

        assert broker.witness.stops_widened == 0
        assert s.conserved()


def test_a_renamed_symbol_and_a_split_leave_the_trade_managed(tmp_path: Path) -> None:
    with scene(tmp_path, Account(margin_mode=MarginMode.NETTING), Execution.MARKET) as s:
        broker, quote = s.account.broker, s.account.quote
        quote(ENTRY - 0.0001, ENTRY)
        broker.human_open(SYMBOL, 0, 0.10, sl=STOP)
        s.until(lambda: s.knows(Side.BUY, 0.1, 1), "the position is known")
        broker.split(SYMBOL, 2.0)
        s.until(lambda: s.knows(Side.BUY, 0.2, 1), "the split is known")
        broker.rename_symbol(SYMBOL, "EURUSD.x")
        s.until(lambda: (t := s.trade()) is not None and t.position.symbol == "EURUSD.x", "the other name is known")
        trade = s.trade()
        assert trade is not None
        assert trade.key.generation == 1
        assert trade.risk == pytest.approx(0.0005)
        s.until(lambda: any(m.symbol == "EURUSD.x" and m.spec is not None for m in s.view.markets), "its specification comes")  # type: ignore[union-attr]

        quote(0.5506, 0.5507, "EURUSD.x")

        s.until(lambda: s.held().sl > 0.55, "the stop goes to break-even")
        assert s.conserved()


@pytest.mark.parametrize(("before_h", "after_h"), [(0, 1), (2, 3), (3, 2)])
def test_the_servers_clock_turns_while_everything_runs(tmp_path: Path, before_h: int, after_h: int) -> None:
    with scene(tmp_path, Account(), Execution.MARKET) as s:
        broker, quote = s.account.broker, s.account.quote
        broker.set_offset(before_h * 3_600_000)
        s.until(lambda: s.view is not None and s.view.terminals[0].utc_offset_s == before_h * 3_600, "the offset is known")
        seen: list[int] = []

        def arrived(utc: int) -> bool:
            assert s.view is not None
            return any(m.quote is not None and m.quote.ts_event == utc for m in s.view.markets)

        at = quote(ENTRY - 0.0001, ENTRY)
        ticket = broker.human_open(SYMBOL, 0, 0.10, sl=STOP)
        s.until(lambda: arrived(at) and s.trade() is not None, "the first quote and the position bear UTC")
        for n in range(5):
            seen.append(at := quote(ENTRY + 0.0001 * n, ENTRY + 0.0001 * (n + 1)))
            s.until(lambda at=at: arrived(at), "a quote before the turn")  # type: ignore[misc]
        changes = s.service.snapshot().counters["bridge.offset_changes"]
        covered = s.service.snapshot().counters["bridge.quotes_covered"]
        broker.set_offset(after_h * 3_600_000)
        s.until(lambda: s.view is not None and s.view.terminals[0].utc_offset_s == after_h * 3_600, "the turn is noticed")
        for n in range(5):
            seen.append(at := quote(ENTRY + 0.0001 * n, ENTRY + 0.0001 * (n + 1)))
            s.until(lambda at=at: arrived(at), "a quote after the turn")  # type: ignore[misc]
        quote(ENTRY + 0.0012, ENTRY + 0.0013)
        s.until(lambda: s.held().sl > ENTRY, "the stop goes to break-even")
        assert s.service.ask_close(ticket, by="test").accepted
        s.until(lambda: not broker.positions and not s.trades() and s.at_rest(), "the close closes")
        counters = s.service.snapshot().counters

    assert seen == sorted(seen)
    assert seen[0] > MONDAY
    assert counters["bridge.quotes_covered"] - covered == 6
    assert counters["bridge.offset_changes"] - changes == 1
    assert counters["commands.unknown"] == counters["commands.expired"] == counters["bridge.gaps"] == 0
