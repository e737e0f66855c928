"""The file of decisions when its disk is not as it should be."""

import json
from pathlib import Path
from typing import Self

import pytest

from dtms.engine.trade import TradeKey
from dtms.names import Outcome, Why
from dtms.runtime import decisions
from dtms.runtime.decisions import DecisionFile, Entry, Reported, current, files
from dtms.wire.messages import ExecutionReport

KEY = TradeKey("1@Demo", 1, 1)


def reported(command_id: int) -> Reported:
    fields = {"ts_event": 0, "command_id": command_id, "outcome": Outcome.DONE, "retcode": 10009, "why": Why.NONE, "detail": ""}
    rest = {"position_id": 1, "ticket": 1, "order": 0, "deal": 0, "volume": 0.1, "price": 1.1, "position_volume": 0.1}
    more = {"stop_loss": None, "take_profit": None, "elapsed_ms": 1, "attempts": 1}
    return Reported(0, KEY, ExecutionReport.model_validate(fields | rest | more))


class Told:
    def __init__(self) -> None:
        self.lost = 0
        self.causes: list[BaseException | None] = []

    def __call__(self, lost: int, why: str, cause: BaseException | None) -> None:
        assert why
        self.lost += lost
        self.causes.append(cause)


def written(folder: Path) -> list[int]:
    lines = [line for path in files(folder) for line in path.read_text("ascii").splitlines() if line]
    return [json.loads(line)["command_id"] for line in lines if line.endswith("}") and line.startswith("{")]


def run(folder: Path, *entries: Entry, most_bytes: int = 10**6, kept: int = 10) -> Told:
    """Write these entries and end."""
    told, file = Told(), DecisionFile(folder, most_bytes=most_bytes, kept=kept)
    for entry in entries:
        file.add(entry)
    file.start(told)
    file.stop()
    return told


def test_an_entry_that_cannot_be_written_costs_those_beside_it_and_is_told_and_the_next_ones_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = decisions._line

    def line(entry: Entry) -> bytes:
        if isinstance(entry, Reported) and entry.report.command_id == 3:
            raise ZeroDivisionError("a defect")
        return real(entry)

    monkeypatch.setattr(decisions, "_line", line)
    told = run(tmp_path, *(reported(number) for number in range(1, 41)))

    assert told.lost == 8  # as many as are written in one go
    assert [type(cause) for cause in told.causes] == [ZeroDivisionError]
    assert written(tmp_path) == list(range(9, 41))


def test_a_line_that_was_cut_by_a_full_disk_does_not_spoil_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, file = Told(), DecisionFile(tmp_path)
    opened, full = Path.open, [True]

    class Cut:
        def __init__(self, path: Path) -> None:
            self.file = opened(path, "ab")

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *raised: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> None:
            if full:
                self.file.write(data[:20])
                raise OSError("no space left on device")
            self.file.write(data)

    monkeypatch.setattr(Path, "open", lambda path, _: Cut(path))
    file._trouble = told
    file.add(reported(1))
    file._drain()
    full.clear()
    file.add(reported(2))
    file._drain()
    monkeypatch.undo()

    assert told.lost == 1
    assert written(tmp_path) == [2]


def test_the_files_together_have_a_size_that_is_not_exceeded(tmp_path: Path) -> None:
    line = len(decisions._line(reported(1)))
    for number in range(1, 60):
        run(tmp_path, reported(number), most_bytes=4 * line, kept=3)

    assert [path.name for path in files(tmp_path)] == [*(f"decisions.{at}.jsonl" for at in (3, 2, 1)), "decisions.jsonl"]
    assert all(path.stat().st_size <= 5 * line for path in files(tmp_path))
    assert written(tmp_path)[-1] == 59
    assert current(tmp_path).is_file()
