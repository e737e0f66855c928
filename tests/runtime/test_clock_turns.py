"""The server's clock is put forward or back while everything runs: times above the session stay UTC, and nothing else notices."""

from collections.abc import Iterator

import pytest
from tests.runtime.bench import Bench, acting, bench
from tests.session.made import SERVER_MS, position, tick
from tests.session.terminal_side import TerminalSide

from dtms.engine.obligation import Stage
from dtms.names import Side
from dtms.settings import DeskSettings
from dtms.wire.messages import ClockOffset, ModifyPosition

HOUR_S, HOUR = 3_600, 3_600_000
TURNS = [
    pytest.param(0, HOUR_S, id="0-to-1"),
    pytest.param(2 * HOUR_S, 3 * HOUR_S, id="2-to-3"),
    pytest.param(3 * HOUR_S, 2 * HOUR_S, id="3-to-2"),
    pytest.param(-5 * HOUR_S, -4 * HOUR_S, id="minus-5-to-minus-4"),
]


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(acting(desk=DeskSettings(check_ms=100))) as made:
        yield made


class Clock:
    """A terminal at a server whose clock is ``offset_s`` ahead of UTC; quotes are of a UTC time."""

    def __init__(self, desk: Bench, offset_s: int, *, known: bool = True) -> None:
        self.desk, self.offset_s = desk, offset_s
        held = position(1, ts_open=SERVER_MS + offset_s * 1_000)
        self.side = TerminalSide(positions={1: held}, utc_offset_s=offset_s if known else None)
        desk.dial(self.side)

    def quote(self, utc: int, bid: float = 1.1) -> None:
        self.side.quotes(self.desk.now, tick(bid, ts_event=utc + self.offset_s * 1_000))
        self.desk.pump()

    def turn(self, offset_s: int) -> None:
        self.offset_s = offset_s

    def tell(self) -> None:
        """The terminal has measured it."""
        before, self.side.utc_offset_s = self.side.utc_offset_s, self.offset_s
        message = ClockOffset(ts_event=SERVER_MS, utc_offset_s=self.offset_s, before_s=before)
        self.side.say(message, self.desk.now)
        self.desk.pump()

    @property
    def seen(self) -> int:
        quote = self.desk.account.book.symbols["EURUSD"].quote()
        assert quote is not None
        return quote.ts_event


@pytest.mark.parametrize(("before", "after"), TURNS)
def test_quotes_bear_utc_before_and_after_and_none_is_lost_or_counted_twice(desk: Bench, before: int, after: int) -> None:
    clock = Clock(desk, before)
    clock.quote(SERVER_MS)
    assert clock.seen == SERVER_MS
    clock.turn(after)
    clock.quote(SERVER_MS + 500)  # its offset is not measured yet
    clock.tell()
    for n in range(2, 6):
        clock.quote(SERVER_MS + 500 * n)
        assert clock.seen == SERVER_MS + 500 * n

    assert desk.counter("bridge.quotes_received") == desk.counter("bridge.quotes_covered") == 6
    assert desk.counter("bridge.gaps") == desk.counter("bridge.duplicates") == desk.counter("bridge.rejects") == 0


@pytest.mark.parametrize(("before", "after"), TURNS)
def test_a_trade_keeps_its_time_of_opening_and_its_generation(desk: Bench, before: int, after: int) -> None:
    clock = Clock(desk, before)
    clock.turn(after)
    clock.tell()
    clock.side.changed(clock.side.positions[1].model_copy(update={"ticket": 5, "volume": 0.05}), desk.now, 9)
    desk.pump()
    clock.side.snapshot(desk.now)
    desk.pump()
    clock.side.nonce, clock.side.boot, clock.side.seq_in, clock.side.up = 78, 2, 0, False
    desk.redial(desk.wires[0])  # another life of the terminal, which knows the offset of now only
    later = SERVER_MS + 5_000
    clock.side.opened(position(2, ts_open=later + after * 1_000), desk.now)
    desk.pump()

    held = {t.key: t.position.ts_open for t in desk.account.book}
    assert {(k.position_id, k.generation): at for k, at in held.items()} == {(1, 1): SERVER_MS, (2, 1): later}


def test_what_was_told_before_the_offset_was_known_is_set_right_once_it_is(desk: Bench) -> None:
    clock = Clock(desk, 7_200, known=False)
    assert [t.position.ts_open for t in desk.account.book] == [SERVER_MS + 7_200_000]
    clock.tell()

    assert [t.position.ts_open for t in desk.account.book] == [SERVER_MS]
    assert {t.key.generation for t in desk.account.book} == {1}


@pytest.mark.parametrize(("before", "after"), TURNS)
def test_a_position_turned_round_after_the_turn_is_of_the_clock_of_then(desk: Bench, before: int, after: int) -> None:
    clock = Clock(desk, before)
    clock.turn(after)
    clock.tell()
    turned = position(1, ticket=2, side=Side.SELL, ts_open=SERVER_MS + 5_000 + after * 1_000)
    clock.side.changed(turned, desk.now)
    desk.pump()

    assert [(t.key.generation, t.position.ts_open) for t in desk.account.book] == [(2, SERVER_MS + 5_000)]


@pytest.mark.parametrize(("before", "after"), TURNS)
def test_a_command_across_the_turn_keeps_its_deadline_and_nothing_becomes_unknown(desk: Bench, before: int, after: int) -> None:
    clock = Clock(desk, before)
    clock.side.answering = False
    clock.quote(SERVER_MS, 1.1012)
    (move,) = clock.side.commands
    left = move.deadline_ms - (desk.now + clock.side.clock_ahead)
    assert 2_000 < left <= 3_000
    clock.turn(after)
    clock.tell()
    desk.pass_time(2_500)
    clock.side.execute(move, desk.now)
    desk.pump()
    desk.pass_time(20_000, step=1_000)

    assert clock.side.positions[1].stop_loss == 1.10001
    assert [t.break_even.stage for t in desk.account.book] == [Stage.DONE]
    assert desk.counter("commands.sent") == desk.counter("commands.done") == 1
    assert desk.counter("commands.unknown") == desk.counter("commands.expired") == 0
    assert desk.account.view_known


@pytest.mark.parametrize(("before", "after"), TURNS)
def test_the_rule_goes_on_across_the_turn(desk: Bench, before: int, after: int) -> None:
    clock = Clock(desk, before)
    clock.quote(SERVER_MS, 1.1005)
    clock.turn(after)
    clock.quote(SERVER_MS + 500, 1.1012)

    assert [c.stop_loss for c in clock.side.commands if isinstance(c, ModifyPosition)] == [1.10001]


@pytest.mark.parametrize(("before", "after"), TURNS)
def test_a_terminal_that_falls_silent_right_after_the_turn_loses_its_symbol_to_another_at_once(
    desk: Bench, before: int, after: int
) -> None:
    clock = Clock(desk, before)
    feed = TerminalSide(nonce=2, instance_id="chart-2", utc_offset_s=before)
    desk.dial(feed)
    del clock.side.positions[1]
    clock.side.snapshot(desk.now)
    clock.quote(SERVER_MS)
    clock.turn(after)
    clock.quote(SERVER_MS + 500)  # taken by the offset before: an hour off
    clock.tell()
    feed.utc_offset_s = after
    feed.say(ClockOffset(ts_event=SERVER_MS, utc_offset_s=after, before_s=before), desk.now)
    desk.pass_time(4_000, step=500)
    feed.quotes(desk.now, tick(1.3, ts_event=SERVER_MS + 5_000 + after * 1_000))
    desk.pump()

    assert clock.seen == SERVER_MS + 5_000
