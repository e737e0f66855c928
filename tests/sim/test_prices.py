"""Price files: what is read, what is refused and how it is said, and the recorded ones as they are."""

import gzip
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtms.errors import UsageError
from dtms.sim.errors import PriceFileError
from dtms.sim.prices import PricePoint, bars_of, path_order, read_prices

TICKS = "time_msc,bid,ask\n"
M1 = "time,open_bid,high_bid,low_bid,close_bid,open_ask,high_ask,low_ask,close_ask\n"
M15 = "time,open,high,low,close,tick_volume\n"
GOOD_M1 = "1328054400,1.5,1.6,1.4,1.55,1.51,1.61,1.41,1.56\n"


def written(folder: Path, text: str, name: str = "prices.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_quotes_are_taken_as_they_are_crossed_ones_too(tmp_path: Path) -> None:
    path = written(tmp_path, TICKS + "1000,1.10000,1.10010\n1000,1.1002,1.1001\n\n1001,1.1,1.1\n")
    series = read_prices(path)

    assert series.points == [PricePoint(1_000, 1.1, 1.1001), PricePoint(1_000, 1.1002, 1.1001), PricePoint(1_001, 1.1, 1.1)]
    assert (series.digits, series.crossed, series.modelled) == (5, 1, None)


def test_columns_are_found_by_name_in_any_order_and_beside_others(tmp_path: Path) -> None:
    path = tmp_path / "exported.csv"
    path.write_text("\ufeffask, time_msc ,volume,bid\n1.3,5,7,1.2\n", encoding="utf-8")

    assert list(read_prices(path).points) == [PricePoint(5, 1.2, 1.3)]


def test_a_minute_bar_passes_the_nearer_extreme_first_on_both_sides_together(tmp_path: Path) -> None:
    path = written(tmp_path, M1 + "60,1.5,1.52,1.4,1.45,1.51,1.54,1.42,1.46\n")
    series = read_prices(path)

    assert series.points == [
        PricePoint(60_000, 1.5, 1.51),
        PricePoint(75_000, 1.52, 1.54),
        PricePoint(90_000, 1.4, 1.42),
        PricePoint(105_000, 1.45, 1.46),
    ]
    assert series.modelled is not None


def test_a_bar_without_ask_gets_a_spread_and_leaves_the_server_s_clock(tmp_path: Path) -> None:
    path = written(tmp_path, M15 + "1970-01-01 03:00:00,59.278,59.30,59.1,59.2,231\n")
    series = read_prices(path, spread=0.03, offset_s=10_800)

    assert [p.time_msc for p in series.points] == [0, 225_000, 450_000, 675_000]
    assert [p.bid for p in series.points] == [59.278, 59.30, 59.1, 59.2]
    assert all(math.isclose(p.ask - p.bid, 0.03) for p in series.points)
    assert (series.digits, read_prices(path).points[0].ask) == (3, 59.298)
    assert series.modelled is not None
    assert "0.03" in series.modelled


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        pytest.param("", 1, "header", id="empty-file"),
        pytest.param("time,bid,ask\n1,2,3\n", 1, "header", id="unknown-header"),
        pytest.param(TICKS, 1, "no prices", id="header-alone"),
        pytest.param(TICKS + "1000,1.1\n", 2, "2 fields where 3", id="a-field-short"),
        pytest.param(TICKS + "1000,1.1,1.1\n1001,1.1,1.1,9\n", 3, "4 fields", id="a-field-long"),
        pytest.param(TICKS + "1000,nan,1.1\n", 2, "bid 'nan'", id="nan"),
        pytest.param(TICKS + "1000,1.1,inf\n", 2, "ask 'inf'", id="inf"),
        pytest.param(TICKS + "1000,0,1.1\n", 2, "bid '0'", id="zero"),
        pytest.param(TICKS + "1000,1.1,-1.1\n", 2, "ask '-1.1'", id="negative"),
        pytest.param(TICKS + "1000,1_1,1.1\n", 2, "bid '1_1'", id="python-s-own-spelling"),
        pytest.param(TICKS + "1000,abc,1.1\n", 2, "bid 'abc'", id="a-word"),
        pytest.param(TICKS + "-5,1.1,1.1\n", 2, "time_msc '-5'", id="negative-time"),
        pytest.param(TICKS + "1000.5,1.1,1.1\n", 2, "time_msc", id="time-with-a-fraction"),
        pytest.param(TICKS + "1001,1.1,1.1\n\n1000,1.1,1.1\n", 4, "time goes back", id="time-back"),
        pytest.param(M1 + GOOD_M1 + GOOD_M1, 3, "time goes back", id="the-same-bar-twice"),
        pytest.param(M1 + "60,1.5,1.4,1.4,1.45,1.5,1.6,1.4,1.5\n", 2, "are not a bar", id="high-below-open"),
        pytest.param(M15 + "yesterday,1,1,1,1,5\n", 2, "time 'yesterday'", id="no-date"),
        pytest.param(M15 + "2025-01-01 00:00:00,1,1,1,1,x\n", 2, "tick_volume 'x'", id="no-volume"),
        pytest.param(M15 + f"2025-01-01 00:00:00,1,1,1,1,{'9' * 30}\n", 2, "is too large", id="volume-of-thirty-digits"),
        pytest.param(M15 + "2025-01-01 00:00:07,1,1,1,1,5\n", 2, "cannot open 7 s after", id="bar-that-opens-late"),
    ],
)
def test_a_bad_line_is_refused_by_file_line_and_reason(tmp_path: Path, text: str, line: int, reason: str) -> None:
    path = written(tmp_path, text)

    with pytest.raises(PriceFileError) as refused:
        read_prices(path)

    assert (refused.value.path, refused.value.line) == (str(path), line)
    assert reason in refused.value.reason
    assert isinstance(refused.value, UsageError)


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        pytest.param("missing.csv", None, 0, id="no-such-file"),
        pytest.param("not.csv.gz", b"plain text", 0, id="not-a-gzip-file"),
        pytest.param("cut.csv.gz", gzip.compress(TICKS.encode() + b"1000,1.1,1.1\n" * 1_000)[:-20], 0, id="gzip-cut-off"),
        pytest.param("latin.csv", b"time_msc,bid,ask\n1000,1.1,1.1\n1001,1.1,\xb5\n", None, id="not-utf-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_usage_error_too(
    tmp_path: Path, name: str, content: bytes | None, line: int | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(PriceFileError) as refused:
        read_prices(path)

    assert line is None or refused.value.line == line


@given(
    st.tuples(*[st.integers(1, 1_000)] * 4).map(sorted),
    st.permutations([0, 1]),
)
def test_a_path_ends_where_its_bar_ends_and_reaches_its_extremes(levels: list[int], ends: list[int]) -> None:
    low, *inner, high = (float(x) for x in levels)
    bar = (inner[ends[0]], high, low, inner[ends[1]])
    walked = [bar[i] for i in path_order(bar)]

    assert (walked[0], walked[-1], max(walked), min(walked)) == (bar[0], bar[3], high, low)
    assert abs(walked[1] - walked[0]) <= abs(walked[2] - walked[0])


@pytest.mark.market_data
@pytest.mark.parametrize(
    ("name", "quotes", "digits", "crossed", "modelled"),
    [
        ("EURUSD_ticks_2019-01-01.csv", 10_000, 5, 0, False),
        ("GBPUSD_M1_2012-02.csv.gz", 4 * 30_117, 5, 1_471, True),
        ("USOIL_M15_part1.csv", 4 * 12_000, 3, 0, True),
    ],
)
def test_recorded_prices_are_read_whole(
    market_data: Path, name: str, quotes: int, digits: int, crossed: int, modelled: bool
) -> None:
    series = read_prices(market_data / name)

    assert (len(series.points), series.digits, series.crossed) == (quotes, digits, crossed)
    assert (series.modelled is not None) == modelled


@pytest.mark.market_data
def test_bars_survive_the_way_through_quotes(market_data: Path) -> None:
    """Minute bars turned into quotes and back are the bars of the file."""
    name = "GBPUSD_M1_2012-02.csv.gz"
    with gzip.open(market_data / name, "rt") as file:
        rows = [line.split(",") for line in file.read().splitlines()[1:]]
    bars = bars_of(read_prices(market_data / name).points, 60, 0.00001)

    assert [(b.time, b.open, b.high, b.low, b.close) for b in bars] == [
        (int(r[0]), float(r[1]), float(r[2]), float(r[3]), float(r[4])) for r in rows
    ]
