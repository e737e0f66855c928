"""A desk without a beat ends the process; a process that was stopped itself is not mistaken for one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dtms.runtime.restarts import Beat
from dtms.runtime.watch import Watch
from dtms.settings import DeskSettings

STOP_IT, WAKE_IT = (getattr(signal, name, signal.SIGTERM) for name in ("SIGSTOP", "SIGCONT"))  # neither is on Windows

LIMIT_S = 15.0

PROGRAM = """
import sys, threading, time
from pathlib import Path
from tests.runtime.bench import acting
from dtms.runtime.clock import SystemClock
from dtms.runtime.service import Service
from dtms.runtime.watch import Watch
from dtms.settings import DeskSettings
from dtms.store.journal import MemoryJournal
class Stuck(SystemClock):
    told = False
    def utc_ms(self):
        if self.told:
            held_up()
        return super().utc_ms()

def held_up():
    how, = sys.argv[2:3]
    if how == "asleep":
        time.sleep(60)
    while how == "holding the interpreter":
        sum(range(10**12))

clock = Stuck()
service = Service(acting(), MemoryJournal(), lambda line: None, clock)
service.start()
settings = DeskSettings(freeze_ms=700, stuck_ms=2_000)
watch = Watch(lambda: service.beat, settings, Path(sys.argv[1]), say=lambda sentence: print(sentence, flush=True))
watch.start()
print("ready", flush=True)
sys.stdin.readline()
clock.told = True
sys.stdin.readline()
watch.stop()
service.stop()
"""


@contextmanager
def program(folder: Path, how: str) -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-c", PROGRAM, str(folder / "stacks.txt"), how]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2], env=environment
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def told(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_20_a_desk_that_stands_still_ends_the_process_with_1_and_leaves_all_stacks(tmp_path: Path) -> None:
    with program(tmp_path, "asleep") as process:
        told(process)
        assert process.wait(LIMIT_S) == 1
        assert process.stdout is not None
        sentence = process.stdout.read()

    stacks = (tmp_path / "stacks.txt").read_text(encoding="utf-8")
    assert "no beat for 700 ms" in sentence
    assert "held_up" in stacks
    assert stacks.count("Thread 0x") >= 3


def test_20_so_does_one_that_gives_no_other_thread_a_turn(tmp_path: Path) -> None:
    with program(tmp_path, "holding the interpreter") as process:
        told(process)
        assert process.wait(LIMIT_S) == 1

    assert "held_up" in (tmp_path / "stacks.txt").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that stops a process")
def test_19_a_process_that_was_stopped_itself_goes_on(tmp_path: Path) -> None:
    with program(tmp_path, "not at all") as process:
        process.send_signal(STOP_IT)
        time.sleep(1.2)  # longer than a desk may be without a beat
        process.send_signal(WAKE_IT)
        told(process)
        told(process)
        assert process.wait(LIMIT_S) == 0

    assert not (tmp_path / "stacks.txt").exists()


class Looked:
    """A watch whose time is the test's."""

    def __init__(self, folder: Path) -> None:
        self.now = 0
        self.beat: Beat | None = Beat(1)
        self.ended: list[int] = []
        self.watch = Watch(
            lambda: self.beat,
            DeskSettings(freeze_ms=1_000),
            folder / "stacks.txt",
            say=lambda _: None,
            end=self.ended.append,
            elapsed=lambda: self.now,
        )

    def pass_time(self, ms: int, step: int = 250) -> None:
        for _ in range(0, ms, step):
            self.now += step
            self.watch.look()


def test_a_beat_in_time_is_enough_and_one_that_ended_needs_none(tmp_path: Path) -> None:
    on = Looked(tmp_path)
    for cycles in range(1, 20):
        on.beat = Beat(cycles)
        on.pass_time(750)
    on.beat = None
    on.pass_time(10_000)

    assert on.ended == []


def test_the_watchs_own_pause_counts_as_no_more_than_two_looks(tmp_path: Path) -> None:
    on = Looked(tmp_path)
    on.pass_time(250)
    on.pass_time(3_600_000, step=3_600_000)
    assert on.ended == []
    on.pass_time(500)

    assert on.ended == [1]
