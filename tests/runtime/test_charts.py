"""One symbol's market: whatever order bars come in, the same is known in the end. D-15, D-16, D-22."""

from collections.abc import Sequence

import pytest
from tests.engine.signals.crafted import RULES, charts, walk

from dtms.engine.signals.chart import Chart
from dtms.engine.signals.evidence import Evidence
from dtms.runtime.charts import FAST_MIN, SLOW_MIN, SymbolCharts
from dtms.wire.messages import BarRow

MARKET = charts(walk(11, 900))
KNOWN = 840  # fast bars that the terminal's history holds at the start


def rows(chart: Chart) -> list[BarRow]:
    columns = (chart.time, chart.open, chart.high, chart.low, chart.close, chart.volume)
    return [
        BarRow(ts_open=time, open=o, high=h, low=low, close=c, tick_volume=int(volume), spread=0, real_volume=0)
        for time, o, h, low, c, volume in zip(*(column.tolist() for column in columns), strict=True)
    ]


FAST, SLOW = rows(MARKET.fast), rows(MARKET.slow)


def begun() -> SymbolCharts:
    """A market of which the history is known."""
    market = SymbolCharts("GBPUSD", RULES, (), confirm_ms=5_000)
    market.filled(FAST_MIN, FAST[:KNOWN], 0, None)
    market.filled(SLOW_MIN, SLOW[: KNOWN // 3], 0, None)
    look(market, KNOWN)
    return market


def look(market: SymbolCharts, fast: int) -> Evidence:
    """What is known when so many fast bars have closed."""
    while not market.step(None, 0, MARKET.fast.closed_at(fast - 1)):
        assert market.due is not None
    assert market.evidence is not None
    return market.evidence


def tell(market: SymbolCharts, fast: Sequence[int]) -> None:
    """The terminal tells of these bars as they close, with those of M15 that end with one of them."""
    for at in fast:
        closed = MARKET.fast.closed_at(at)
        assert market.closed(FAST_MIN, FAST[at], 0, closed)
        if at % 3 == 2:
            assert market.closed(SLOW_MIN, SLOW[at // 3], 0, closed)


def in_time(fast: int) -> Evidence:
    market = begun()
    tell(market, range(KNOWN, fast))
    return look(market, fast)


@pytest.mark.parametrize("late", range(KNOWN, KNOWN + 24, 3))
def test_a_fast_bar_that_comes_late_counts_as_if_it_had_come_in_time(late: int) -> None:
    market = begun()
    tell(market, [at for at in range(KNOWN, KNOWN + 24) if at != late])
    without = look(market, KNOWN + 24)
    assert market.gapped == ()
    tell(market, [late])

    assert look(market, KNOWN + 24) == in_time(KNOWN + 24) != without


def test_a_bar_that_is_corrected_counts_as_it_is_now() -> None:
    """Nothing that was concluded from the wrong one is left."""
    market = begun()
    wrong = [row.model_copy(update={"close": row.low}) for row in FAST[KNOWN + 17 : KNOWN + 21]]
    tell(market, range(KNOWN, KNOWN + 17))
    for row in wrong:
        assert market.closed(FAST_MIN, row, 0, 0)
    assert market.closed(SLOW_MIN, SLOW[KNOWN // 3 + 5], 0, 0)
    tell(market, range(KNOWN + 21, KNOWN + 24))
    mistaken = look(market, KNOWN + 24)
    tell(market, range(KNOWN + 17, KNOWN + 21))

    assert look(market, KNOWN + 24) == in_time(KNOWN + 24) != mistaken


def test_history_with_bars_that_were_missing_counts_as_if_they_had_come_in_time() -> None:
    market = begun()
    tell(market, [at for at in range(KNOWN, KNOWN + 24) if at % 12])
    without = look(market, KNOWN + 24)
    market.filled(FAST_MIN, FAST[: KNOWN + 24], 0, None)

    assert look(market, KNOWN + 24) == in_time(KNOWN + 24) != without


def test_bars_that_are_told_again_cost_nothing() -> None:
    market = begun()
    tell(market, range(KNOWN, KNOWN + 24))
    before = look(market, KNOWN + 24)
    tell(market, range(KNOWN, KNOWN + 24))

    assert market.step(None, 0, MARKET.fast.closed_at(KNOWN + 23))  # one look, nothing is played through again
    assert market.evidence == before
