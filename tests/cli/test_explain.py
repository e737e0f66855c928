"""`dtms explain`: what was decided about a trade, read from the data folder while it is written and afterwards."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.bench import acting
from tests.runtime.defended import FULL, Defended, bought, defended
from typer.testing import CliRunner

from dtms.cli.main import app, main
from dtms.errors import StartError
from dtms.names import Outcome
from dtms.runtime.decisions import DecisionFile, current, files
from dtms.settings import Mode, Settings


@contextmanager
def recorded(folder: Path, settings: Settings | None = None, **file: int) -> Iterator[Defended]:
    """A defended trade whose decisions are written to a folder."""
    decisions = DecisionFile(folder, **file)
    decisions.start(lambda lost, why, _: pytest.fail(f"{lost}: {why}"))
    with defended(settings) as on:
        on.desk.desk._keep = decisions.add
        yield on
        decisions.stop()


def told(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["explain", "--data", str(folder), *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def objects(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told(folder, "--json", *arguments).splitlines()]


def test_the_latest_decision_is_told_in_sentences(tmp_path: Path) -> None:
    with recorded(tmp_path) as on:
        on.begin(bought(volume=0.10))
        on.step()
    text = told(tmp_path, "1", "--all")

    assert "was healthy, is warning_l1" in text
    assert "S = -4.50" in text
    assert "T4: warning_l1 -> warning_l2" in text
    assert "leave 0.05 lots" in text
    assert "The terminal's answer: done, return code 10009" in text
    assert told(tmp_path, "1").count("account 1001@Demo-Server") == 1


def test_every_decision_follows_from_what_is_on_record(tmp_path: Path) -> None:
    with recorded(tmp_path) as on:
        on.begin(bought(volume=0.10))
        for _ in range(6):
            on.step()
    found = objects(tmp_path, "1", "--all", "--verify")

    assert len(found) >= 8
    assert {one["verified"] for one in found} == {True}
    ordered = [one for one in found if one["command_id"] is not None]
    assert len(ordered) == 3
    assert all(report["outcome"] == Outcome.DONE for one in ordered for report in one["reports"])


def test_a_proof_that_was_changed_does_not_pass(tmp_path: Path) -> None:
    with recorded(tmp_path) as on:
        on.begin(bought(volume=0.10))
        on.step()
    path = current(tmp_path)
    lines = path.read_text(encoding="ascii").splitlines(keepends=True)
    changed = [line.replace('"total":-4.5', '"total":-3.5') for line in lines]
    assert changed != lines
    path.write_text("".join(changed), encoding="ascii")

    result = CliRunner().invoke(app, ["explain", "--data", str(tmp_path), "1", "--all", "--verify"])
    assert result.exit_code != 0
    assert "NOT verified" in result.stdout


def test_the_ticket_of_the_hedge_leads_to_the_trade_it_is_for(tmp_path: Path) -> None:
    with recorded(tmp_path) as on:
        on.begin(bought(volume=0.10))
        for _ in range(5):
            on.step()

    assert "(position 1) was hedged, is hedged" in told(tmp_path, "901")


def test_of_observe_mode_it_says_that_nothing_was_sent(tmp_path: Path) -> None:
    with recorded(tmp_path, acting(mode=Mode.OBSERVE, defence=FULL)) as on:
        on.begin(bought(volume=0.10))
        on.step()

    assert "Not sent: observe mode" in told(tmp_path, "1", "--all")


def test_a_ticket_that_nobody_knows_ends_with_1_and_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["dtms", "explain", "4711", "--data", str(tmp_path)])
        with pytest.raises(SystemExit) as ended:
            main()

    assert ended.value.code == 1
    assert "no decision about ticket 4711" in capfd.readouterr().err


def test_a_line_that_is_being_written_is_left(tmp_path: Path) -> None:
    with recorded(tmp_path) as on:
        on.begin(bought(volume=0.10))
        on.step()
    whole = told(tmp_path, "1", "--all")
    with current(tmp_path).open("ab") as file:
        file.write(b'{"kind":"decision","tickets":[1],"pro')

    assert told(tmp_path, "1", "--all") == whole


SPOILED = (
    b'{"kind":"decision","tickets":[1]}\n',
    b'{"kind":"decision","utc":1,"account":"a","tickets":[1],"fate":"none","command_id":null,"proof":{"format":2}}\n',
    b'{"kind":"decision","utc":1,"account":"a","tickets":[1],"fate":"none","command_id":null,"proof":{"format":1,"event":1}}\n',
    b'{"kind":"decision","utc":1e30,"account":"a","tickets":[1],"fate":"none","command_id":null,"proof":{"format":1}}\n',
    b'{"kind":"report","command_id":1,"report":{"outcome":"1"}}\n',
    b'["1"]\n',
    b"1 \xff\x00 1\n",
)


@pytest.mark.parametrize("spoiled", SPOILED)
@pytest.mark.parametrize("options", [("--all",), ()])
def test_a_broken_line_is_left_out_and_counted(tmp_path: Path, spoiled: bytes, options: tuple[str, ...]) -> None:
    with recorded(tmp_path) as on:
        on.begin(bought(volume=0.10))
        on.step()
    whole = told(tmp_path, "1", "--verify", *options)
    with current(tmp_path).open("ab") as file:
        file.write(spoiled)
    result = CliRunner().invoke(app, ["explain", "--data", str(tmp_path), "1", "--verify", *options])

    assert (result.exit_code, result.stdout) == (0, whole)
    assert "lines left out because they are broken or of another version: 1" in result.stderr


def test_a_record_of_broken_lines_alone_ends_with_1_and_says_so(tmp_path: Path) -> None:
    current(tmp_path).write_bytes(b"".join(SPOILED))

    with pytest.raises(StartError, match=r"no decision about ticket 1 .* another version: 7"):
        told(tmp_path, "1")


def test_files_that_are_empty_or_missing_end_with_1(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"there is no decisions\.jsonl"):
        told(tmp_path, "1")
    current(tmp_path).touch()
    with pytest.raises(StartError, match="no decision about ticket 1 is on record"):
        told(tmp_path, "1")


@pytest.mark.skipif(sys.platform != "linux", reason="a file that can be opened and not read is at hand on Linux only")
def test_a_file_that_cannot_be_read_ends_with_1(tmp_path: Path) -> None:
    current(tmp_path).symlink_to("/proc/self/mem")

    with pytest.raises(StartError, match="cannot be read: Input/output error"):
        told(tmp_path, "1")


def test_files_are_rotated_by_size_and_all_are_read(tmp_path: Path) -> None:
    with recorded(tmp_path, most_bytes=40_000) as on:
        on.begin(bought(volume=0.10))
        for _ in range(12):
            on.step()
            files(tmp_path)
    assert len(files(tmp_path)) > 1
    assert all(path.stat().st_size < 80_000 for path in files(tmp_path))

    bars = [one["proof"]["market"][2]["judgement"]["at"] for one in objects(tmp_path, "1", "--all")]
    assert bars == sorted(bars)
    assert len(set(bars)) >= 10


def test_what_cannot_be_written_is_counted_and_told(tmp_path: Path) -> None:
    trouble: list[tuple[int, str]] = []
    decisions = DecisionFile(tmp_path / "missing", capacity=3)
    with defended() as on:
        on.desk.desk._keep = decisions.add
        on.begin(bought(volume=0.10))
        on.step()
    decisions.start(lambda lost, why, _: trouble.append((lost, why)))
    decisions.stop()

    assert len(trouble) == 1
    assert trouble[0][0] > 3
