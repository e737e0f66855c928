"""
Quotes from the terminal to the bridge: none lost, none twice, conflated without credit (R02, R03).
"""

import random
import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.curve import SECURED, Security
from tests.mql5.quotes import Fed, as_fed, feed
from tests.mql5.support import OFFSET_MS, Harness, running

from dtms.names import NoticeCode, QuoteFlag
from dtms.sim.copies import FirstCopy
from dtms.sim.derive import derive_spec
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import Heartbeat, Notice, Subscribe, SymbolSpec

TICK = struct.Struct("<qdddQqId")


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        harness.until(lambda: harness.router.ticks)
        yield harness


@SECURED
def test_every_quote_arrives_in_order_and_bit_for_bit(tmp_path: Path, security: Security) -> None:
    rng = random.Random(1)
    specs = [derive_spec(name) for name in ("EURUSD", "GBPUSD", "AUDUSD")]
    fed: dict[str, Fed] = defaultdict(list)
    with running(tmp_path, specs=specs, inputs={"Symbols": "GBPUSD, AUDUSD"}, security=security) as life:
        life.until(lambda: len({tick.symbol for _, tick in life.router.ticks}) == 3)
        before = {spec.name: len(life.router.quotes(spec.name)) for spec in specs}
        for _ in range(200):
            for spec in specs:
                fed[spec.name] += feed(life, spec.name, rng.choice((0, 0, 1, 1, 2, 7)), rng, spread_min=-3)
            life.step()
        life.settle()

        for spec in specs:
            got = life.router.quotes(spec.name)[before[spec.name] :]
            assert as_fed(got) == fed[spec.name]
            assert all(tick.quotes == 1 and (tick.low_bid, tick.high_ask) == (tick.bid, tick.ask) for tick in got)
        assert [number for number, _ in life.router.ticks] == list(range(1, len(life.router.ticks) + 1))


def test_thousands_of_quotes_in_one_millisecond_are_all_taken_once(tmp_path: Path) -> None:
    with running(tmp_path, accept={"credit_window": 20_000}) as life:
        life.until(lambda: life.router.ticks)
        rng = random.Random(2)
        before = len(life.router.ticks)
        life.now += 1  # a millisecond that no quote was in before

        fed = feed(life, "EURUSD", 2_500, rng)
        life.exchange()
        fed += feed(life, "EURUSD", 2_500, rng)
        life.step(9)
        fed += feed(life, "EURUSD", 3, rng)
        life.until(lambda: len(life.router.ticks) >= before + len(fed))
        life.settle()

        assert as_fed([tick for _, tick in life.router.ticks[before:]]) == fed


def test_more_quotes_than_one_event_may_read_are_read_by_the_next(life: Harness) -> None:
    before = len(life.router.ticks)
    fed: Fed = []
    for _ in range(40):
        life.now += 1
        fed += feed(life, "EURUSD", 500, random.Random(len(fed)))

    life.until(lambda: sum(tick.quotes for _, tick in life.router.ticks[before:]) >= len(fed))
    life.settle()

    assert sum(tick.quotes for _, tick in life.router.ticks[before:]) == len(fed)
    assert life.router.ticks[-1][1].ts_event == fed[-1][0]


def test_the_first_quote_is_the_one_that_is_there(life: Harness) -> None:
    (number, tick), *more = life.router.ticks

    assert (number, tick.bid, tick.ask, tick.quotes, tick.flags) == (1, 1.1, 1.1001, 1, 0)
    assert more == []


def test_moves_of_the_mid_are_counted(life: Harness) -> None:
    for bid in (1.1001, 1.1002, 1.1002, 1.1000):
        life.quote(bid=bid)
        life.step()
    life.settle()

    assert [(tick.buys, tick.sells) for _, tick in life.router.ticks] == [(0, 0), (1, 0), (1, 0), (0, 0), (0, 1)]


def test_an_ask_below_its_bid_is_flagged(life: Harness) -> None:
    life.quote(bid=1.1, ask=1.0999)
    life.quote(bid=1.1, ask=1.1001)
    life.settle()

    assert [tick.flags for _, tick in life.router.ticks[-2:]] == [QuoteFlag.CROSSED, 0]


class Spoiled(SimTerminal):
    """A terminal whose quotes a test puts in itself."""

    rows: list[bytes]

    def copy_ticks(self, symbol: str, flags: int, from_msc: int, count: int) -> bytes | int:
        rows = getattr(self, "rows", None)
        if rows is None:
            return super().copy_ticks(symbol, flags, from_msc, count)
        wanted = [row for row in rows if TICK.unpack(row)[5] >= from_msc]
        return b"".join(wanted[:count])


def row(msc: int, bid: float, ask: float, *, last: float = 0.0, flags: int = 6, volume: float = 0.0) -> bytes:
    return TICK.pack(msc // 1_000, bid, ask, last, int(volume), msc, flags, volume)


def test_prices_that_are_none_are_never_sent(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=Spoiled) as life:
        life.until(lambda: life.router.ticks)
        at = life.server_ms
        bad = [(float("nan"), 1.1), (1.1, float("inf")), (0.0, 1.1), (1.1, -1.0)]
        life.terminal.rows = [  # type: ignore[attr-defined]
            row(life.router.ticks[0][1].ts_event, 1.1, 1.1001),
            *(row(at + 10, bid, ask) for bid, ask in bad),
            row(at + 10, 1.1005, 1.1006),
        ]
        life.until(lambda: len(life.router.ticks) > 1)
        life.settle()

        assert as_fed([tick for _, tick in life.router.ticks[1:]]) == [(at + 10, 1.1005, 1.1006)]


def test_trades_are_told_by_side_in_lots(tmp_path: Path) -> None:
    buy, sell = 32, 64
    with running(tmp_path, terminal_type=Spoiled) as life:
        life.until(lambda: life.router.ticks)
        at = life.server_ms + 10
        life.terminal.rows = [  # type: ignore[attr-defined]
            row(life.router.ticks[0][1].ts_event, 1.1, 1.1001),
            row(at, 1.1, 1.1001, last=1.1001, flags=24 | buy, volume=3.0),
            row(at + 1, 1.1, 1.1001, last=1.1, flags=24 | sell, volume=2.0),
            row(at + 2, 1.1, 1.1001, last=1.1, flags=24 | buy | sell, volume=4.0),
            row(at + 3, 1.2, 1.2001),
        ]
        life.until(lambda: len(life.router.ticks) > 4)

        told = [tick for _, tick in life.router.ticks[1:]]
        assert [(tick.buys, tick.sells) for tick in told] == [(3, 0), (0, 2), (2, 2), (0, 0)]
        assert all(tick.flags == QuoteFlag.TRADES for tick in told)


def test_a_gap_in_the_terminals_memory_is_said(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=Spoiled) as life:
        life.until(lambda: life.router.ticks)
        at = life.server_ms
        life.terminal.rows = [row(at + 5_000, 1.1005, 1.1006), row(at + 5_001, 1.1006, 1.1007)]  # type: ignore[attr-defined]
        life.until(lambda: len(life.router.ticks) > 2)

        assert [tick.flags for _, tick in life.router.ticks[1:]] == [QuoteFlag.RESYNC, 0]
        notice = life.wait_for(Notice)
        assert (notice.code, notice.symbol) == (NoticeCode.HISTORY_GAP, "EURUSD")
        assert notice.value == at + 5_000 - life.router.ticks[0][1].ts_event


def test_a_server_clock_that_is_put_back_does_not_silence_the_feed(life: Harness) -> None:
    life.quote(bid=1.1001)
    life.settle()
    life.broker.set_offset(OFFSET_MS - 3_600_000)
    before = len(life.router.ticks)
    for bid in (1.1002, 1.1003, 1.1004):
        life.quote(bid=bid)
        life.step()
    life.settle()

    assert [tick.bid for _, tick in life.router.ticks[before:]] == [1.1002, 1.1003, 1.1004]


def test_the_first_read_of_each_symbol_is_announced_and_has_an_event_of_its_own(tmp_path: Path) -> None:
    specs = [derive_spec(name) for name in ("EURUSD", "GBPUSD", "AUDUSD")]
    with running(tmp_path, specs=specs, inputs={"Symbols": "GBPUSD,AUDUSD"}) as life:
        life.until(lambda: len({tick.symbol for _, tick in life.router.ticks}) == 3)

        beats = [frame for frame in life.router.frames if isinstance(frame.body, Heartbeat)]
        busy = [frame.mono_ms for frame in beats if isinstance(frame.body, Heartbeat) and frame.body.busy_ms == 45_000]
        assert len(busy) == len(set(busy)) == 3


def test_quotes_that_cannot_be_read_yet_are_read_when_they_can(tmp_path: Path) -> None:
    options = {"first_copy": FirstCopy.TIMEOUT, "sync_ms": 3_000}
    with running(tmp_path, terminal_options=options) as life:
        fed: Fed = []
        notice = life.wait_for(Notice, lambda n: n.code is NoticeCode.FEED_FAILED)
        assert (notice.symbol, notice.value) == ("EURUSD", 4403)
        for _ in range(10):
            fed += feed(life, "EURUSD", 1, random.Random(len(fed)))
            life.advance(100)
        life.until(lambda: life.router.ticks)
        life.settle()

        assert as_fed([tick for _, tick in life.router.ticks])[-10:] == fed
        assert len([n for n in life.router.of(Notice) if n.code is NoticeCode.FEED_FAILED]) == 1
        warnings = [beat for beat in life.router.of(Heartbeat) if beat.busy_ms == 45_000]
        assert len(warnings) <= 5, "one a second while it fails"


def test_a_subscription_adds_a_symbol_and_its_end_takes_it_away(tmp_path: Path) -> None:
    specs = [derive_spec("EURUSD"), derive_spec("GBPUSD")]
    with running(tmp_path, specs=specs) as life:
        life.settle()
        assert life.router.quotes("GBPUSD") == []

        life.router.send(Subscribe(symbols=["GBPUSD"], timeframes=[]))
        life.until(lambda: life.router.quotes("GBPUSD"))
        life.router.send(Subscribe(symbols=[], timeframes=[]))
        life.settle()
        told = len(life.router.quotes("GBPUSD"))
        life.quote("GBPUSD", 1.3)
        life.settle()
        assert len(life.router.quotes("GBPUSD")) == told
        life.quote("EURUSD", 1.2)
        life.until(lambda: life.router.quotes("EURUSD")[-1].bid == 1.2)

        life.router.send(Subscribe(symbols=["GBPUSD"], timeframes=[]))
        life.until(lambda: len(life.router.quotes("GBPUSD")) > told)
        assert life.router.quotes("GBPUSD")[told].flags & QuoteFlag.RESYNC


def test_the_symbol_of_a_position_is_sent_as_long_as_it_is_open(tmp_path: Path) -> None:
    specs = [derive_spec("EURUSD"), derive_spec("GBPUSD")]
    with running(tmp_path, specs=specs) as life:
        ticket = life.broker.human_open("GBPUSD", 0, 0.1)
        life.until(lambda: life.router.quotes("GBPUSD"))
        life.router.send(Subscribe(symbols=[], timeframes=[]))
        life.settle()
        life.quote("GBPUSD", 1.26)
        life.until(lambda: life.router.quotes("GBPUSD")[-1].bid == 1.26)

        life.broker.human_close(ticket)
        life.settle()
        life.quote("GBPUSD", 1.27)
        life.settle()
        assert life.router.quotes("GBPUSD")[-1].bid == 1.26


def test_a_specification_goes_before_the_first_quote_and_again_when_it_differs(life: Harness) -> None:
    specs = life.router.of(SymbolSpec)
    assert [spec.symbol for spec in specs] == ["EURUSD"]
    assert (specs[0].digits, specs[0].stops_level, specs[0].filling_mask) == (5, 0, 3)

    life.broker.change_symbol("EURUSD", stops_level=50)
    life.until(lambda: len(life.router.of(SymbolSpec)) == 2)
    assert life.router.of(SymbolSpec)[1].stops_level == 50
    life.advance(12_000)
    assert len(life.router.of(SymbolSpec)) == 2


def test_a_symbol_that_the_broker_does_not_have_is_told(life: Harness) -> None:
    life.router.send(Subscribe(symbols=["NOSUCH"], timeframes=[]))

    notice = life.wait_for(Notice)

    assert (notice.code, notice.symbol) == (NoticeCode.FEED_FAILED, "NOSUCH")
    assert "NOSUCH" in notice.text
