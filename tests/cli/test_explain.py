"""`dtms explain`: what was decided about a trade, read from the data folder while it is written and afterwards."""

import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.bench import acting
from tests.runtime.defended import FULL, Defended, bought, defended
from tests.store.made import DAILY, Prompt, Told, change, rows
from typer.testing import CliRunner

from dtms.cli.main import app, main
from dtms.errors import StartError
from dtms.names import Outcome
from dtms.settings import Mode, Settings
from dtms.settings_store import StoreSettings
from dtms.store.journal import Note
from dtms.store.opening import open_store


@contextmanager
def recorded(folder: Path, settings: Settings | None = None, store: StoreSettings = DAILY) -> Iterator[Defended]:
    """A defended trade whose decisions are written to the store in a folder."""
    with closing(open_store(folder, store)) as journal, defended(settings, Prompt(journal)) as on:
        yield on


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
    for number, proof in rows(tmp_path, "SELECT id, proof FROM decisions"):
        changed = zlib.decompress(proof).replace(b'"total":-4.5', b'"total":-3.5')
        change(tmp_path, "UPDATE decisions SET proof = ? WHERE id = ?", zlib.compress(changed), number)

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


def test_decisions_of_earlier_versions_are_told_before_those_in_the_store(tmp_path: Path) -> None:
    with recorded(tmp_path) as on:
        on.begin(bought(volume=0.10))
        on.step()
    kept = objects(tmp_path, "1", "--all")
    lines = [json.dumps(line, separators=(",", ":")) for one in kept for line in _as_lines(one)]
    (tmp_path / "decisions.1.jsonl").write_text("\n".join(lines[:3]) + "\n", encoding="ascii")
    (tmp_path / "decisions.jsonl").write_text("\n".join(lines[3:]) + '\n{"kind":"decision","tickets":[1],"pro', encoding="ascii")

    assert objects(tmp_path, "1", "--all") == kept + kept


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
    (tmp_path / "decisions.jsonl").write_bytes(spoiled)
    result = CliRunner().invoke(app, ["explain", "--data", str(tmp_path), "1", "--verify", *options])

    assert (result.exit_code, result.stdout) == (0, whole)
    assert "lines left out because they are broken or of another version: 1" in result.stderr


def test_a_record_of_broken_lines_alone_ends_with_1_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "decisions.jsonl").write_bytes(b"".join(SPOILED))

    with pytest.raises(StartError, match=r"no decision about ticket 1 .* another version: 7"):
        told(tmp_path, "1")


def test_what_is_broken_in_the_store_is_left_out_and_counted(tmp_path: Path) -> None:
    with recorded(tmp_path) as on:
        on.begin(bought(volume=0.10))
        on.step()
    whole = told(tmp_path, "1", "--all").split("\n\n")
    change(tmp_path, "UPDATE decisions SET proof = x'00' WHERE id = 1")
    result = CliRunner().invoke(app, ["explain", "--data", str(tmp_path), "1", "--all"])

    assert (result.exit_code, result.stdout.split("\n\n")) == (0, whole[1:])
    assert "broken or of another version: 1" in result.stderr


def test_without_a_store_and_with_one_that_knows_nothing_it_ends_with_1(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"there is no dtms\.db"):
        told(tmp_path, "1")
    open_store(tmp_path, DAILY).close()
    with pytest.raises(StartError, match="no decision about ticket 1 is on record"):
        told(tmp_path, "1")


@pytest.mark.skipif(sys.platform != "linux", reason="a file that can be opened and not read is at hand on Linux only")
def test_a_file_that_cannot_be_read_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "decisions.jsonl").symlink_to("/proc/self/mem")

    with pytest.raises(StartError, match="cannot be read: Input/output error"):
        told(tmp_path, "1")


def test_decisions_that_ordered_nothing_are_kept_up_to_a_number_and_the_others_for_good(tmp_path: Path) -> None:
    store = DAILY.model_copy(update={"decisions_kept": 2})
    with recorded(tmp_path, store=store) as on:
        on.begin(bought(volume=0.10))
        for _ in range(6):
            on.step()
    before = objects(tmp_path, "1", "--all")
    with closing(open_store(tmp_path, store)) as journal:
        told = Told()
        journal.attach(told.queue.put)
        journal.prune(0)
        journal.keep(Note(1))
        told.next()
    after = objects(tmp_path, "1", "--all")

    assert [one for one in after if one["fate"] == "ordered"] == [one for one in before if one["fate"] == "ordered"]
    assert after[-2:] == before[-2:]
    assert [one for one in after[:-2] if one["fate"] == "none"] == []
    assert len(after) < len(before)


def _as_lines(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of a decision as earlier versions wrote them."""
    head = {"kind": "decision", "utc": one["utc"], "account": one["account"], "tickets": [one["position_id"]]}
    yield head | {"fate": one["fate"], "command_id": one["command_id"], "proof": one["proof"]}
    for report in one["reports"]:
        yield {"kind": "report", "utc": one["utc"], "account": one["account"], "tickets": [1]} | {
            "command_id": one["command_id"],
            "report": report,
        }
