"""
`dtms demo`, as a user runs it: the Expert Advisor's own source, compiled, against the service, judged by what the broker counted.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.store.made import rows

pytestmark = pytest.mark.timeout(180)  # the first build of a machine is part of the first test

EURUSD = "EURUSD_ticks_2019-01-01.csv"


def demo(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "dtms.cli.main", "demo", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=150)


def reported(folder: Path, *words: str | Path) -> dict[str, Any]:
    path = folder / "report.json"
    result = demo(*words, "--report", path)
    assert result.returncode == 0, result.stdout + result.stderr
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


@pytest.mark.market_data
def test_recorded_ticks_are_covered_to_the_last_and_stops_move_to_break_even(tmp_path: Path, market_data: Path) -> None:
    report = reported(
        tmp_path, "--ticks", market_data / EURUSD, "--symbol", "EURUSD", "--trades", "20", "--seed", "7", "--speed", "max"
    )

    assert report["terminal"]["ticks_fed"] == 10_000
    assert report["bridge"]["quotes_covered"] == 10_000
    assert report["terminal"]["quotes_sent"] == report["bridge"]["quotes_received"]
    assert [report["bridge"][name] for name in ("gaps", "duplicates", "rejects", "poison")] == [0, 0, 0, 0]
    assert report["broker"]["positions_opened"] == 20
    assert report["broker"]["stops_moved"] >= 2
    assert report["broker"]["stops_widened"] == 0
    assert report["commands"]["done"] == report["broker"]["stops_moved"]
    assert report["commands"]["unknown"] == 0
    assert len(report["ea"]["source_sha256"]) == 64
    assert report["ea"]["compiler"]
    assert report["run"]["seconds"] < 60


@pytest.mark.market_data
def test_without_the_rule_no_stop_moves(tmp_path: Path, market_data: Path) -> None:
    report = reported(tmp_path, "--ticks", market_data / EURUSD, "--trades", "20", "--seed", "7", "--no-break-even")

    assert report["broker"]["positions_opened"] == 20
    assert report["broker"]["stops_moved"] == 0
    assert report["commands"]["sent"] == 0


@pytest.mark.market_data
def test_at_300_times_real_time_every_tick_is_a_quote_of_its_own(tmp_path: Path, market_data: Path) -> None:
    report = reported(tmp_path, "--ticks", market_data / EURUSD, "--trades", "20", "--seed", "7", "--speed", "300")

    assert report["terminal"]["quotes_sent"] == report["terminal"]["ticks_fed"] == 10_000
    assert report["bridge"]["quotes_covered"] == 10_000
    assert report["broker"]["stops_moved"] >= 2


@pytest.mark.parametrize("offset", ["0", "3"])
def test_the_made_up_scenario_takes_trades_through_profit_and_loss_whatever_the_server_s_clock(tmp_path: Path, offset: str) -> None:
    report = reported(tmp_path, "--speed", "max", "--offset", offset)

    assert report["broker"]["stops_moved"] >= 1
    assert report["broker"]["closed_by"].get("sl", 0) >= 1
    assert report["broker"]["closed_by"].get("tp", 0) >= 1
    assert report["bridge"]["quotes_covered"] == report["terminal"]["ticks_fed"]


@pytest.mark.parametrize(("offset", "turn", "after_s"), [("0", "30:+1", 3_600), ("2", "30:+3", 10_800), ("3", "48:+2", 7_200)])
def test_the_broker_s_clock_turns_while_it_runs_and_every_time_stays_utc(
    tmp_path: Path, offset: str, turn: str, after_s: int
) -> None:
    report = reported(tmp_path, "--speed", "max", "--offset", offset, "--turn", turn)

    clock = report["clock"]
    assert (clock["offset_s"], clock["told_offsets_s"], clock["told_changes"]) == (after_s, [after_s], 1)
    assert clock["times_checked"] > 100
    assert clock["times_wrong"] == 0
    assert clock["quotes_in_doubt"] <= 1
    assert report["bridge"]["quotes_covered"] == report["terminal"]["ticks_fed"]
    assert [report["bridge"][name] for name in ("gaps", "duplicates", "rejects", "poison")] == [0, 0, 0, 0]
    assert [report["commands"][name] for name in ("unknown", "expired")] == [0, 0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("1,1.1,nan", "ask 'nan'", id="not-a-number"),
        pytest.param("1,0,1.1", "bid '0'", id="zero"),
        pytest.param("1,1.1", "2 fields", id="short"),
        pytest.param("0,1.1,1.2", "time goes back", id="time-goes-back"),
    ],
)
def test_a_bad_line_of_a_tick_file_is_named_and_ends_with_2(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text(f"time_msc,bid,ask\n1,1.1,1.2\n{line}\n", encoding="utf-8")

    result = demo("--ticks", path)

    assert result.returncode == 2
    assert f"{path}, line 3: " in result.stderr
    assert reason in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--speed", "0"], id="speed-of-zero"),
        pytest.param(["--speed", "fast"], id="speed-is-a-word"),
        pytest.param(["--trades", "-1"], id="negative-count"),
        pytest.param(["--offset", "0.1"], id="offset-no-broker-has"),
        pytest.param(["--turn", "+3"], id="turn-at-no-time"),
        pytest.param(["--turn", "10:+0.1"], id="turn-to-an-offset-no-broker-has"),
        pytest.param(["--turn", "9999:+3"], id="turn-after-the-end"),
        pytest.param(["--ticks", "no-such-file.csv"], id="no-file"),
        pytest.param(["--report", "no/such/folder/r.json"], id="no-folder"),
        pytest.param(["--sped", "1"], id="unknown-option"),
        pytest.param(["--symbol", "XAUUSD"], id="symbol-without-prices"),
    ],
)
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    assert demo(*words).returncode == 2


def test_a_report_never_overwrites_the_price_file(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text("time_msc,bid,ask\n1,1.1,1.2\n", encoding="utf-8")

    assert demo("--ticks", path, "--report", path).returncode == 2
    assert path.read_text(encoding="utf-8").startswith("time_msc")


def test_a_folder_with_something_in_it_is_not_kept_into(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")

    assert demo("--keep", tmp_path).returncode == 2


def test_the_folder_that_is_kept_tells_why(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert demo("--speed", "max", "--trades", "3", "--keep", kept).returncode == 0
    moved = rows(kept, "SELECT position_id FROM decisions WHERE command_id IS NOT NULL")[0][0]
    command = [sys.executable, "-m", "dtms.cli.main", "explain", str(moved), "--data", str(kept), "--all", "--verify"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    assert "Command: stop from" in told
    assert "The terminal's answer: done" in told
    assert "NOT verified" not in told


@pytest.mark.skipif(os.name == "nt", reason="a console is needed to send Ctrl-C to one process on Windows")
def test_ctrl_c_ends_as_asked_with_a_summary_and_leaves_no_process(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    command = [
        sys.executable,
        "-m",
        "dtms.cli.main",
        "demo",
        "--speed",
        "1",
        "--keep",
        str(kept),
        "--report",
        str(tmp_path / "r.json"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        log = kept / "logs" / "dtms.jsonl"
        while not (log.is_file() and "reconciled" in log.read_text(encoding="utf-8")):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert "ticks of EURUSD" in output
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["run"]["complete"] is False
