"""Trades from a file: what is understood, what is refused and how it is said."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sim.policies.made import MINUTE, MONDAY, minutes, run

from dtms.errors import UsageError
from dtms.names import Side
from dtms.sim.policies.entries import random_entries
from dtms.sim.policies.history import History
from dtms.sim.policies.simple import Alone
from dtms.sim.policies.tradefile import read_trades

HEAD = "ticket,symbol,side,volume,entry time,entry,stop,target\n"
GOOD = "7,EURUSD,buy,0.10,2024-01-08 00:01:00,1.10020,1.09920,1.10220\n"


@pytest.fixture
def history() -> History:
    return minutes(*[(1.1, 1.1, 1.1, 1.1)] * 600)


def read(folder: Path, text: str, history: History) -> list:  # type: ignore[type-arg]
    path = folder / "trades.csv"
    path.write_text(text, encoding="utf-8")
    return read_trades(path, history)


def test_a_trade_is_what_its_line_says(tmp_path: Path, history: History) -> None:
    (entry,) = read(tmp_path, HEAD + GOOD, history)

    assert (entry.ticket, entry.side, entry.volume, entry.time) == (7, Side.BUY, 0.1, MONDAY + MINUTE)
    assert (entry.price, entry.stop, entry.target, entry.synthetic) == (1.1002, 1.0992, 1.1022, False)
    assert entry.risk == pytest.approx(0.001)
    assert history.times[entry.index] == entry.time


@pytest.mark.parametrize(
    "time",
    ["2024-01-08T00:01:00", "2024-01-08T01:01:00+01:00", "2024.01.08 00:01:00", f"{MONDAY // 1_000 + 60}", f"{MONDAY + MINUTE}"],
)
def test_times_are_text_or_numbers(tmp_path: Path, history: History, time: str) -> None:
    (entry,) = read(tmp_path, HEAD + GOOD.replace("2024-01-08 00:01:00", time), history)

    assert entry.time == MONDAY + MINUTE


def test_columns_are_found_by_name_in_any_order_and_beside_others(tmp_path: Path, history: History) -> None:
    text = "TP,Entry_Time,sl,Symbol,note,Entry,Ticket,Volume,Side\n1.0980,2024-01-08 00:01,1.1010,EURUSD,x,1.1000,1,0.2,SELL\n"
    (entry,) = read(tmp_path, text, history)

    assert (entry.side, entry.stop, entry.target, entry.price) == (Side.SELL, 1.101, 1.098, 1.1)


def test_trades_are_put_in_the_order_of_their_times(tmp_path: Path, history: History) -> None:
    later = GOOD.replace("7,", "1,").replace("00:01:00", "00:05:00")
    assert [entry.ticket for entry in read(tmp_path, HEAD + later + "\n" + GOOD, history)] == [7, 1]


@pytest.mark.parametrize("stop", ["", "0", "0.0", "1.10500", "1.10020"])
def test_without_a_stop_on_the_losing_side_r_is_made_of_atr_and_the_trade_begins_without_one(tmp_path: Path, stop: str) -> None:
    line = GOOD.replace("1.09920,1.10220", f"{stop},").replace("00:01:00", "08:00:00")
    wide = minutes(*[(1.1, 1.1001, 1.0999, 1.1)] * 600)
    (entry,) = read(tmp_path, HEAD + line, wide)

    assert (entry.synthetic, entry.stop) == (True, None)
    assert entry.risk == pytest.approx(1.5 * 0.0002)
    assert run(wide, entry, Alone).end == "end of prices"


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_part_fields_as_well(tmp_path: Path, history: History, delimiter: str) -> None:
    (entry,) = read(tmp_path, (HEAD + GOOD).replace(",", delimiter), history)

    assert (entry.ticket, entry.price, entry.stop) == (7, 1.1002, 1.0992)


def test_a_decimal_comma_is_refused_with_its_line(tmp_path: Path, history: History) -> None:
    text = HEAD.replace(",", ";") + GOOD.replace(",", ";").replace(".", ",")
    with pytest.raises(UsageError, match=r"line 2: entry '1,10020' is not a finite positive number"):
        read(tmp_path, text, history)


def test_a_byte_order_mark_and_line_ends_of_windows_do_not_matter(tmp_path: Path, history: History) -> None:
    assert read(tmp_path, "\ufeff" + (HEAD + GOOD).replace("\n", "\r\n"), history)


def test_a_column_s_own_name_goes_before_its_other_names(tmp_path: Path, history: History) -> None:
    text = "time,price," + HEAD.replace("side", "Type").replace("stop", "S / L") + "2024-01-08 00:07:00,1.2," + GOOD
    (entry,) = read(tmp_path, text, history)

    assert (entry.time, entry.price, entry.side, entry.stop) == (MONDAY + MINUTE, 1.1002, Side.BUY, 1.0992)


@given(
    side=st.sampled_from(Side),
    stop=st.integers(-60, 60),
    target=st.integers(-60, 60),
    entry=st.integers(-30, 30),
    spread=st.sampled_from([0.0, 0.00005, 0.0002]),
)
def test_every_trade_that_is_read_can_be_opened(side: Side, stop: int, target: int, entry: int, spread: float) -> None:
    flat = minutes(*[(1.1, 1.1001, 1.0999, 1.1)] * 460, spread=spread)
    price = 1.1 + entry * 1e-5
    line = f"1,EURUSD,{side.name},0.1,2024-01-08 07:00:00,{price:.5f},{price + stop * 1e-5:.5f},{price + target * 1e-5:.5f}\n"
    with TemporaryDirectory() as folder:
        try:
            (found,) = read(Path(folder), HEAD + line, flat)
        except UsageError:
            return
    assert run(flat, found, Alone).r == pytest.approx(run(flat, found, Alone, every=True).r)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("EURUSD", "GBPUSD", "line 2: symbol 'GBPUSD': the prices are those of 'EURUSD'"),
        ("buy", "up", "line 2: side 'up'"),
        ("0.10,", "0.105,", "line 2: volume 0.105: 0.01 to 100 in steps of 0.01"),
        ("0.10,", "nan,", "line 2: volume 'nan' is not a finite positive number"),
        ("1.10020", "NaN", "line 2: entry 'NaN' is not a finite positive number"),
        ("1.10020", "-1.1", "line 2: entry '-1.1' is not a finite positive number"),
        ("1.09920", "inf", "line 2: stop 'inf' is not a finite positive number"),
        ("1.09920", "1.099205", "line 2: stop 1.099205 is not on the grid of the prices, 1e-05"),
        ("1.10220", "1.09000", "line 2: target 1.09 is not on the winning side of entry 1.1002"),
        ("1.09920", "", "line 2: the stop gives no risk, and ATR14 is not known so early in the prices"),
        ("1.10020", "1.1122", "line 2: target 1.1022 is not on the winning side"),
        ("1.10020,1.09920,1.10220", "1.20020,1.19920,1.20220", "line 2: entry 1.2002 is more than R"),
        ("7,", "x,", "line 2: ticket 'x' is not a whole number above 0"),
        ("7,", "0,", "line 2: ticket '0' is not a whole number above 0"),
        ("2024-01-08 00:01:00", "yesterday", "line 2: entry time 'yesterday' is neither"),
        ("2024-01-08 00:01:00", "2024-02-08 00:01:00", "is outside the prices, 2024-01-08 00:00:00 to 2024-01-08 09:59:45"),
        (",1.10220", "", "line 2: 7 fields are too few"),
        ("1.09920", "1.10010", "line 2: stop 1.1001 is within the spread (0.0002) of entry 1.1002"),
        ("1.09920", "..", "line 2: stop '..' is not a finite positive number"),
        ("7,", "9" * 5_000 + ",", "line 2: ticket of 5000 characters"),
        ("7,", "9" * 25 + ",", "is not a whole number above 0"),
        ("2024-01-08 00:01:00", "9" * 400, "line 2: entry_time of 400 characters"),
        ("2024-01-08 00:01:00", "9" * 60, "is outside the prices"),
        ("2024-01-08 00:01:00", "\u00b2\u00b3", "line 2: entry time '\u00b2\u00b3' is neither"),
        ("2024-01-08 00:01:00", "01/08/2024 00:01", "line 2: entry time '01/08/2024 00:01' is neither"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_and_said(tmp_path: Path, history: History, old: str, new: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, HEAD + GOOD.replace(old, new, 1), history)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: no column 'ticket'"),
        (HEAD, "holds no trades"),
        (HEAD.replace(",stop", "") + GOOD, "line 1: no column 'stop'"),
        (HEAD + GOOD + GOOD, "line 3: ticket 7 was there already"),
        (HEAD.replace("\n", ",stop\n") + GOOD.replace("\n", ",1.0\n"), "line 1: column 'stop' is there 2 times"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_said(tmp_path: Path, history: History, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(tmp_path, text, history)

    assert said in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path, history: History) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_trades(tmp_path / "none.csv", history)


def test_random_trades_written_down_and_read_again_end_the_same(tmp_path: Path) -> None:
    history = minutes(*[(1.1 + i % 7 * 1e-4, 1.1008 + i % 7 * 1e-4, 1.0992 + i % 7 * 1e-4, 1.1 + i % 5 * 1e-4) for i in range(900)])
    entries = random_entries(history, 20, 4)
    lines = [f"{e.ticket},EURUSD,{e.side.name},{e.volume},{e.time},{e.price:.5f},{e.stop:.5f},{e.target:.5f}\n" for e in entries]
    again = read(tmp_path, HEAD + "".join(lines), history)

    assert [run(history, e, Alone).r for e in again] == pytest.approx([run(history, e, Alone).r for e in entries])
    assert {e.side for e in entries} == set(Side)


def test_random_trades_repeat_with_their_seed() -> None:
    history = minutes(*[(1.1, 1.1008, 1.0992, 1.1)] * 900)

    assert random_entries(history, 9, 1) == random_entries(history, 9, 1)
    assert random_entries(history, 9, 1) != random_entries(history, 9, 2)
    for entry in random_entries(history, 9, 1):
        assert entry.risk == pytest.approx(1.5 * 0.0016)
        assert abs((entry.target or 0) - entry.price) == pytest.approx(3 * 0.0016)


def test_more_random_trades_than_places_are_refused(history: History) -> None:
    with pytest.raises(UsageError, match="places for an entry"):
        random_entries(history, 100_000, 1)
