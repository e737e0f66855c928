"""`dtms simulate`: what it writes, what it says, and what it refuses with exit status 2."""

import csv
import gzip
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dtms.cli import main as cli

MONDAY_S = 1_704_672_000  # 2024-01-08 00:00 UTC
M1 = "time,open_bid,high_bid,low_bid,close_bid,open_ask,high_ask,low_ask,close_ask\n"
TICKS = "time_msc,bid,ask\n"
M15 = "time,open,high,low,close,tick_volume\n"
TRADES = "ticket,symbol,side,volume,entry time,entry,stop,target\n"
POLICIES = {"none", "breakeven", "atr_trail", "guard", "dtms", "dtms_hedge", "gap_flat", "placebo"}
ASKED = {"mean_r", "median_r", "cvar95_r", "worst_r", "full_stop_share", "trades", "ci95"}

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def simulate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; its exit status and everything it said."""

    def run(*words: str | Path | int) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["dtms", "simulate", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err

    return run


def price(minute: int) -> float:
    """A made-up way that takes trades of both sides through profit and loss."""
    return 1.1 + 0.004 * math.sin(minute / 90) + 0.0012 * math.sin(minute / 11)


def minute_bars(count: int) -> str:
    """M1 bars of bid and ask, a pip apart, from Monday on."""
    lines = []
    for i in range(count):
        begin, end = price(i), price(i + 1)
        high, low = max(begin, end) + 0.0002, min(begin, end) - 0.0002
        bid = [f"{x:.5f}" for x in (begin, high, low, end)]
        ask = [f"{x + 0.0001:.5f}" for x in (begin, high, low, end)]
        lines.append(f"{MONDAY_S + 60 * i},{','.join(bid)},{','.join(ask)}\n")
    return M1 + "".join(lines)


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of minutes."""
    path = tmp_path_factory.mktemp("prices") / "made.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(minute_bars(2 * 1_440))
    return path


def written(folder: Path, text: str, name: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def reported(simulate: Run, folder: Path, *words: str | Path | int) -> tuple[dict[str, Any], str]:
    path = folder / "report.json"
    status, said = simulate(*words, "--json", path)
    assert status == 0, said
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report, said


def test_every_policy_is_reported_with_every_figure(simulate: Run, tmp_path: Path, prices: Path) -> None:
    report, said = reported(simulate, tmp_path, "--prices", prices, "--symbol", "EURUSD", "--entries", 30, "--seed", 5)

    assert set(report["policies"]) == POLICIES
    for name, figures in report["policies"].items():
        assert set(figures) >= ASKED
        assert figures["trades"] == 30
        low, high = figures["ci95"]
        assert low <= figures["mean_r"] <= high
        assert figures["worst_r"] <= figures["cvar95_r"] <= figures["mean_r"]
        assert name in said
    assert report["policies"]["placebo"]["rounds"] == 8
    assert len(report["trades"]) == 30
    assert set(report["trades"][0]["r"]) == POLICIES
    assert (report["input"]["bars"], report["input"]["buys"] + report["input"]["sells"]) == ("M1", 30)
    assert any("modelled" in sentence for sentence in report["assumptions"])
    assert any("manages variance, it is no edge" in sentence for sentence in report["conclusions"])
    assert "placebo" in report["conclusions"][0]
    assert report["seeds"]["bootstrap"] == 5
    assert len(report["seeds"]["placebo"]) == 8


def test_another_seed_gives_other_trades(simulate: Run, tmp_path: Path, prices: Path) -> None:
    common = ("--prices", prices, "--symbol", "EURUSD", "--entries", 12)
    first, other = (reported(simulate, tmp_path, *common, "--seed", seed)[0] for seed in (3, 4))

    assert first["trades"] != other["trades"]


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path, prices: Path) -> None:
    made = []
    for salt in ("1", "2"):
        outputs = [tmp_path / f"{salt}.{kind}" for kind in ("json", "html", "csv")]
        options = ["--json", str(outputs[0]), "--html", str(outputs[1]), "--scores", str(outputs[2])]
        words = ["simulate", "--prices", str(prices), "--symbol", "EURUSD", "--entries", "4", "--seed", "3", *options]
        command = [sys.executable, "-m", "dtms.cli.main", *words]
        ended = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": salt}, capture_output=True, check=True, timeout=60)
        made.append([ended.stdout, *(path.read_bytes() for path in outputs)])

    assert made[0] == made[1]


def test_a_trade_of_a_file_is_judged_by_hand(simulate: Run, tmp_path: Path) -> None:
    flat = "1.10000,1.10000,1.10000,1.10000,1.10020,1.10020,1.10020,1.10020"
    fall = "1.10000,1.10010,1.09500,1.09600,1.10020,1.10030,1.09520,1.09620"
    bars = "".join(f"{MONDAY_S + 60 * i},{fall if i == 2 else flat}\n" for i in range(5))
    buy = "1,EURUSD,buy,0.10,2024-01-08 00:01:00,1.10020,1.09920,1.10220\n"
    sell = "2,EURUSD,sell,0.10,2024-01-08 00:01:00,1.10000,1.10100,1.09800\n"
    report, said = reported(
        simulate,
        tmp_path,
        *("--prices", written(tmp_path, M1 + bars, "prices.csv"), "--symbol", "EURUSD", "--bars", "M1"),
        *("--trades", written(tmp_path, TRADES + buy + sell, "trades.csv")),
    )

    r = {trade["ticket"]: trade["r"] for trade in report["trades"]}
    assert (r[1]["none"], r[2]["none"]) == (pytest.approx(-1.0), pytest.approx(2.0))
    assert report["policies"]["none"]["full_stop_share"] == 0.5
    assert report["policies"]["none"]["ci95"] is None  # trades of a single day say nothing about others
    placebo = report["policies"]["placebo"]  # a single day has nothing to exchange scores with
    assert (set(placebo) >= ASKED, placebo["trades"], placebo["mean_r"]) == (True, 0, None)
    assert "placebo cannot be said" in said


def test_trades_whose_stop_cannot_have_been_there_are_run_and_said(simulate: Run, tmp_path: Path, prices: Path) -> None:
    bid = float(minute_bars(1_201).splitlines()[-1].split(",")[1])
    begin = f"EURUSD,sell,0.10,{MONDAY_S + 60 * 1_200},{bid:.5f}"
    lines = f"1,{begin},{bid - 0.003:.5f},\n2,{begin},{bid + 0.003:.5f},\n"
    trades = written(tmp_path, TRADES + lines, "trades.csv")
    report, said = reported(simulate, tmp_path, "--prices", prices, "--symbol", "EURUSD", "--trades", trades)

    assert [trade["stop"] for trade in report["trades"]] == [None, pytest.approx(bid + 0.003)]
    assert report["input"]["synthetic_r"] == 1
    assert "there is none on the losing side: 1; their R is 1.5 ATR14" in " ".join(said.split())


def test_the_page_stands_alone_and_shows_every_policy(simulate: Run, tmp_path: Path, prices: Path) -> None:
    path = tmp_path / "page.html"
    status, said = simulate("--prices", prices, "--symbol", "EURUSD", "--entries", 10, "--html", path)
    page = path.read_text(encoding="utf-8")

    assert status == 0, said
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") >= 2 + len(POLICIES)
    assert not any(outside in page for outside in ("http:", "https:", "<script", "src=", "@import", "url("))
    assert "manages variance, it is no edge" in page
    heads = re.findall(r"<th>([^<]*)</th>", page)
    assert len(heads) == len(set(heads))
    assert all(name in page for name in POLICIES)


def test_scores_have_a_row_for_every_closed_m15_bar(simulate: Run, tmp_path: Path, prices: Path) -> None:
    path = tmp_path / "scores.csv"
    status, said = simulate("--prices", prices, "--symbol", "EURUSD", "--entries", 5, "--scores", path)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))

    assert status == 0, said
    assert [int(row["time"]) for row in rows] == [MONDAY_S + 900 * (i + 1) for i in range(2 * 96)]
    assert set(rows[0]) >= {
        "structure_buy",
        "candle_conviction_sell",
        "S_buy",
        "coverage",
        "session",
        "vol",
        "struct",
        "event",
        "atr15",
    }
    assert rows[0]["atr15"] == ""
    assert float(rows[-1]["atr15"]) > 0
    assert all(row["delta_pressure_buy"] == "" for row in rows)  # bars have no order flow


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "none of the known layouts"),
        ("a,b\n1,2\n", "header 'a,b' is none of the known layouts"),
        (M1, "holds no prices"),
        (M1.replace("low_ask,", "") + f"{MONDAY_S},1,1,1,1,1,1,1\n", "none of the known layouts"),
        (M1 + f"{MONDAY_S},1.1,1.1,1.1,1.1,1.1,1.1,1.1\n", "line 2: 8 fields where 9 are expected"),
        (M1 + f"{MONDAY_S},1.1,1.1,1.1,NaN,1.1,1.1,1.1,1.1\n", "line 2: close_bid 'NaN' is not a finite positive number"),
        (M1 + f"{MONDAY_S},1.1,1.0,1.1,1.1,1.1,1.1,1.1,1.1\n", "are not a bar"),
        (TICKS + "2000,1.1,1.1\n1000,1.1,1.1\n", "line 3: time goes back"),
        (TICKS + "x,1.1,1.1\n", "line 2: time_msc 'x' is not a whole number"),
        (M15 + "".join(f"2024-01-08 {h:02}:00:00,1.1,1.1,1.1,1.1,5\n" for h in range(6)), "its bars follow each other by 3600 s"),
    ],
)
def test_a_price_file_that_cannot_be_used_ends_with_2(simulate: Run, tmp_path: Path, text: str, said: str) -> None:
    status, told = simulate("--prices", written(tmp_path, text, "p.csv"), "--symbol", "EURUSD", "--entries", 5)

    assert status == 2
    assert said in told


@pytest.mark.parametrize(
    ("spread", "said"),
    [("0.0213", "not on the grid of the prices, 0.01"), ("20", "more than 10% of the lowest price"), ("-1", "0 or more")],
)
def test_a_spread_that_cannot_be_meant_ends_with_2(simulate: Run, tmp_path: Path, spread: str, said: str) -> None:
    bars = "".join(f"2024-01-08 {i // 4:02}:{i % 4 * 15:02}:00,60.01,60.05,59.95,60.02,5\n" for i in range(80))
    path = written(tmp_path, M15 + bars, "p.csv")
    status, told = simulate("--prices", path, "--symbol", "USOIL", "--entries", 5, "--spread", spread)

    assert status == 2
    assert said in told


def test_prices_at_which_no_trade_can_be_opened_end_with_2(simulate: Run, tmp_path: Path) -> None:
    bars = "".join(f"{MONDAY_S + 60 * i},{','.join(['9' * 300] * 8)}\n" for i in range(600))
    status, told = simulate("--prices", written(tmp_path, M1 + bars, "p.csv"), "--symbol", "EURUSD", "--entries", 5)

    assert status == 2
    assert "trade 1 cannot be opened" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "one of --trades FILE and --entries N is needed"),
        (("--entries", "5", "--trades", "{trades}"), "one of --trades FILE and --entries N is needed"),
        (("--trades", "{none}"), "No such file"),
        (("--trades", "{trades}"), "line 2: symbol 'GBPUSD': the prices are those of 'EURUSD'"),
        (("--entries", "5", "--bars", "M15"), "holds M1"),
        (("--entries", "5", "--bars", "H1"), "--bars H1: M1, M15 or ticks"),
        (("--entries", "0"), "greater than or equal to 1"),
        (("--entries", "99999"), "places for an entry"),
        (("--entries", "5", "--offset", "2"), "are UTC already"),
        (("--entries", "5", "--offset", "0.1"), "in quarters"),
        (("--entries", "5", "--offset", "nan"), "--offset nan"),
        (("--entries", "5", "--spread", "0.1"), "has an ask of its own"),
        (("--entries", "5", "--spread", "nan"), "--spread nan"),
        (("--entries", "5", "--commission", "nan"), "--commission"),
        (("--entries", "5", "--json", "{prices}"), "that file is an input"),
        (("--entries", "5", "--json", "{none}", "--html", "{none}"), "written by --json"),
        (("--entries", "5", "--json", "{none}/x.json"), "there is no such folder"),
        (("--entries", "5", "--symbol", ""), "--symbol ''"),
    ],
)
def test_wrong_usage_ends_with_2(simulate: Run, tmp_path: Path, prices: Path, words: tuple[str, ...], said: str) -> None:
    trades = written(tmp_path, TRADES + "1,GBPUSD,buy,0.1,2024-01-08 00:01:00,1.1,1.09,1.12\n", "trades.csv")
    named = {"trades": trades, "none": tmp_path / "none", "prices": prices}
    status, told = simulate("--prices", prices, "--symbol", "EURUSD", *(word.format(**named) for word in words))

    assert status == 2
    assert said in told
    assert not (tmp_path / "none").exists()


def test_a_missing_price_file_ends_with_2(simulate: Run, tmp_path: Path) -> None:
    status, told = simulate("--prices", tmp_path / "none.csv", "--symbol", "EURUSD", "--entries", 5)

    assert status == 2
    assert "No such file" in told


def beginning(folder: Path, path: Path, lines: int) -> Path:
    """The first lines of a recorded file: whole months would take a minute."""
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return written(folder, "\n".join(text.decode().splitlines()[:lines]) + "\n", "beginning.csv")


@pytest.mark.market_data
@pytest.mark.parametrize(
    ("file", "symbol", "modelled"),
    [
        ("GBPUSD_M1_2012-02.csv.gz", "GBPUSD", "the path inside each M1 bar is modelled"),
        ("USOIL_M15_part1.csv", "USOIL", "the file has no M5 bars: the M15 bars stand for them"),
        ("EURUSD_ticks_2019-01-01.csv", "EURUSD", "are too few for ATR14: that of M1 stands for it"),
    ],
)
def test_recorded_prices_are_compared(
    simulate: Run, tmp_path: Path, market_data: Path, file: str, symbol: str, modelled: str
) -> None:
    path = beginning(tmp_path, market_data / file, 10_001 if symbol == "EURUSD" else 4_001)
    report, said = reported(simulate, tmp_path, "--prices", path, "--symbol", symbol, "--entries", 50)

    assert all(report["policies"][name]["trades"] == 50 for name in POLICIES)
    assert modelled in " ".join(said.split())
    if symbol == "EURUSD":
        assert report["score"] == {"m15_closes": 10, "valid": 0}
        assert report["conclusions"][0] == "DTMS does not beat its placebo: neither of them had a valid score to act on."
        assert "the score is valid at 0 of 10 closed M15 bars" in " ".join(said.split())
    else:
        assert report["policies"]["dtms"]["acts"]["stop"] > 0
        assert report["policies"]["dtms"]["states"]["warning_l1"] > 0
