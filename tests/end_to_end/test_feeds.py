"""Charts beside the manager's (R09): each symbol comes from one of them, and somebody goes on with it when that one leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.experts import Scene, Seat, scene, shrunk

from dtms.names import QuoteFlag, Role
from dtms.runtime.book import SymbolState
from dtms.runtime.links import Link
from dtms.wire.messages import Tick

SEATS = (Seat("A", 0, 0, "EURUSD"), Seat("B", 0, 1, "GBPUSD"))


class Market:
    """Two symbols that are quoted, and what the desk took of the second one."""

    def __init__(self, made: Scene) -> None:
        self.made = made
        self.given: list[tuple[int, float]] = []
        self.taken: list[Tick] = []
        self.count = 0

    @property
    def pound(self) -> SymbolState:
        return self.made.account.book.symbols["GBPUSD"]

    def run(self, ms: int) -> None:
        """Quotes every 100 ms, each different from the one before."""
        for _ in range(0, ms, 100):
            self.count += 1
            bid = round(1.25 + self.count * 1e-5, 5)
            self.given.append((self.made.utc, bid))
            self.made.quote(bid, "GBPUSD")
            self.made.quote(1.1 + self.count % 7 * 1e-5, "EURUSD")
            for _ in range(5):
                self.made.step()
                self.note()

    def note(self) -> None:
        tick = self.pound.tick
        if tick is not None and (not self.taken or tick is not self.taken[-1]):
            self.taken.append(tick)

    def source(self) -> str:
        """Whose quotes of the pound count."""
        source = self.pound.source
        assert isinstance(source, Link)
        (name,) = [x.name for x in SEATS if source.logon.instance_id.endswith(str(1 + x.number))]
        return name

    def missing(self) -> list[tuple[int, float]]:
        """Quotes that the desk has not taken, from its first one on."""
        had = {(tick.ts_event, tick.bid) for tick in self.taken}
        return [one for one in self.given if one[0] >= self.taken[0].ts_event and one not in had]

    def gaps(self) -> list[tuple[int, int]]:
        """Between which times quotes may be missing, as the quotes say themselves."""
        times = [tick.ts_event for tick in self.taken]
        return [(times[i - 1], times[i]) for i, tick in enumerate(self.taken) if tick.flags & QuoteFlag.RESYNC]


def market_of(made: Scene) -> Market:
    market = Market(made)
    made.quote(1.1)
    made.quote(1.25, "GBPUSD")
    made.stall("B", on=True)
    made.until(lambda: made.managed("A"))
    made.stall("B", on=False)
    made.until(lambda: made.role_of("B") is Role.FEED)
    made.until(lambda: "GBPUSD" in made.account.book.symbols)
    market.run(2_000)
    market.taken.clear()
    market.run(1_000)
    return market


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with scene(tmp_path, SEATS, symbols=("EURUSD", "GBPUSD")) as made:
        yield market_of(made)


@pytest.fixture
def asked_market(tmp_path: Path) -> Iterator[Market]:
    """The settings ask for the pound too."""
    with scene(tmp_path, SEATS, symbols=("EURUSD", "GBPUSD"), settings=shrunk(symbols=("GBPUSD",))) as made:
        yield market_of(made)


def test_a_feeds_symbol_comes_from_the_feed_only(market: Market) -> None:
    market.run(2_000)

    assert market.source() == "B"
    assert market.made.subscribed("A") == []
    assert market.missing() == []
    times = [tick.ts_event for tick in market.taken]
    assert times == sorted(set(times))


def test_a_symbol_that_the_settings_ask_for_is_asked_of_the_feed_that_has_it(asked_market: Market) -> None:
    asked_market.run(1_000)

    assert (asked_market.made.subscribed("A"), asked_market.made.subscribed("B")) == ([], ["GBPUSD"])
    assert asked_market.source() == "B"


@pytest.mark.parametrize("which", ["market", "asked_market"])
def test_when_a_feed_leaves_the_manager_goes_on_and_gives_back_when_it_returns(which: str, request: pytest.FixtureRequest) -> None:
    market: Market = request.getfixturevalue(which)
    made = market.made
    made.detach("B")
    market.run(2_000)
    assert made.subscribed("A") == ["GBPUSD"]
    assert market.source() == "A"
    made.attach("B")
    market.run(3_000)
    assert (made.subscribed("A"), made.subscribed("B")) == ([], ["GBPUSD"])
    assert market.source() == "B"

    taken = [(tick.ts_event, tick.bid) for tick in market.taken]
    assert len(taken) == len(set(taken)), "none twice"
    assert taken == sorted(taken)
    gaps = market.gaps()
    assert len(gaps) == 2, "both changes are said"
    assert all(any(before < time < mark for before, mark in gaps) for time, _ in market.missing())


def test_a_feed_whose_link_breaks_for_a_moment_keeps_its_symbol_without_a_gap(market: Market) -> None:
    market.made.wires["B"].cut()
    market.run(2_000)

    assert market.source() == "B"
    assert market.made.subscribed("A") == []
    assert market.gaps() == []


def test_a_feed_that_falls_silent_loses_its_symbol_to_the_manager(market: Market) -> None:
    market.made.stall("B", on=True)
    market.run(4_000)

    assert market.made.subscribed("A") == ["GBPUSD"]
    assert market.source() == "A"
    assert len(market.gaps()) == 1


def test_the_manager_has_the_symbol_of_an_open_position(asked_market: Market) -> None:
    made = asked_market.made
    made.broker.human_open("GBPUSD", 0, 0.1, sl=1.2)
    asked_market.run(1_500)

    assert asked_market.source() == "A"
    assert made.subscribed("A") == ["GBPUSD"]
    taken = [(tick.ts_event, tick.bid) for tick in asked_market.taken]
    assert len(taken) == len(set(taken))
