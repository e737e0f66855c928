"""A witness process that hangs, crashes or is left alone: the service goes on, and nothing is left over."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgpack
import pytest
from tests.witness.conftest import OFFSET_S, UTC, Asked
from tests.witness.scene import ACCOUNT, FAKE, PATH, Scene, Stage

from dtms.settings_witness import Enabled, WitnessSettings
from dtms.witness.client import Witness
from dtms.witness.frames import Ask, Place, Quiet, request
from dtms.witness.process import COMMAND, ProcessGone, ProcessHung, WitnessProcess
from dtms.witness.testimony import Silent, Testimony

IMPATIENT = 1.5  # seconds; the process is up well within it
ASK = Ask(1, ACCOUNT, OFFSET_S, None, UTC, ())
PLACE = Place(PATH, False, 1_000, 10)


def quiet(asked: Asked) -> Quiet | None:
    answer = asked.ask()
    return answer.quiet if isinstance(answer, Silent) else None


@pytest.mark.parametrize("name", ["initialize", "positions_get"])
def test_a_package_that_hangs_is_ended_and_asked_anew(make: Callable[..., Asked], stage: Stage, name: str) -> None:
    now = [0.0]
    asked = make(timeout_s=IMPATIENT, clock=lambda: now[0], retry_ms=1_000)
    stage.show(Scene(hanging=frozenset({name})))
    assert quiet(asked) is Quiet.TIMEOUT
    stage.show(Scene())
    assert quiet(asked) is Quiet.RESTING

    now[0] = 1.0

    assert quiet(asked) is None


def test_asking_never_waits(make: Callable[..., Asked], stage: Stage) -> None:
    stage.show(Scene(hanging=frozenset({"initialize"})))
    asked = make(timeout_s=300)

    numbers = [asked.witness.ask(ACCOUNT, utc=UTC, offset_s=0) for _ in range(40)]

    refused = [asked.answers.get(timeout=5) for _ in range(23)]  # one is being answered at most, sixteen wait
    assert numbers == list(range(1, 41))
    assert {answer.quiet for answer in refused if isinstance(answer, Silent)} == {Quiet.BUSY}


@pytest.mark.parametrize("what", ["crashing", "raising"])
def test_a_package_that_crashes_takes_nobody_with_it(make: Callable[..., Asked], stage: Stage, what: str) -> None:
    asked = make()
    stage.show(Scene(**{what: frozenset({"positions_get"})}))  # type: ignore[arg-type]
    first = asked.ask()
    stage.show(Scene())
    second = asked.ask()
    while isinstance(second, Silent) and second.quiet is Quiet.RESTING:
        second = asked.ask()

    assert isinstance(first, Silent)
    assert first.quiet is Quiet.CRASHED
    assert isinstance(second, Testimony)


def test_rests_double_up_to_the_longest_and_end_with_a_testimony(make: Callable[..., Asked], stage: Stage) -> None:
    now = [0.0]
    asked = make(clock=lambda: now[0], retry_ms=1_000, retry_max_ms=4_000)
    crash, well = Scene(crashing=frozenset({"account_info"})), Scene()
    stage.show(crash)
    for rest in (1.0, 2.0, 4.0, 4.0):
        assert quiet(asked) is Quiet.CRASHED
        now[0] += rest - 0.25
        assert quiet(asked) is Quiet.RESTING
        now[0] += 0.25

    stage.show(well)
    assert quiet(asked) is None
    stage.show(crash)
    assert quiet(asked) is Quiet.CRASHED
    now[0] += 1.0
    stage.show(well)
    assert quiet(asked) is None


def test_a_stopped_witness_is_gone_at_once_though_the_package_hangs(make: Callable[..., Asked], stage: Stage) -> None:
    asked = make(timeout_s=300)
    assert quiet(asked) is None
    stage.show(Scene(hanging=frozenset({"positions_get"})))
    asked.witness.ask(ACCOUNT, utc=UTC, offset_s=0)
    stage.wait_called("positions_get", 2)

    asked.witness.stop()

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("dtms-witness")]
    assert asked.answers.empty()


@pytest.mark.parametrize("hangs", [False, True])
def test_the_process_ends_with_the_service(stage: Stage, hangs: bool) -> None:
    """Its input ends when the service does, however that came about, and whatever the package is about."""
    stage.show(Scene(hanging=frozenset({"initialize"})))
    process = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=stage.environment
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        process.stdout.read(4)  # it reads
        if hangs:
            process.stdin.write(msgpack.packb(request(ASK, PLACE)))
            process.stdin.flush()
            process.stderr.readline()  # it hangs

        process.stdin.close()

        assert process.wait(10) == 0


def test_a_process_without_the_package_says_so(make: Callable[..., Asked], stage: Stage) -> None:
    if sys.platform == "win32":
        pytest.skip("the package is installed here")
    stage.environment["PYTHONPATH"] = stage.environment["PYTHONPATH"].replace(str(FAKE), str(FAKE.parent))

    assert quiet(make()) is Quiet.NOT_INSTALLED


def test_a_process_that_cannot_be_started_is_an_answer(tmp_path: Path) -> None:
    settings = WitnessSettings(enabled=Enabled.ON, path=PATH)
    asked = Asked(Witness(settings, command=[str(tmp_path / "none")]))
    asked.witness.start(asked.answers.put)

    assert quiet(asked) is Quiet.NO_PROCESS
    asked.witness.stop()


@pytest.mark.parametrize(
    "said",
    [
        "b'\\xc1'",
        "b'\\x01'",
        "b'\\x93\\x00\\x00\\x90\\x93\\x01\\x63\\x90'",
        "b'\\x93\\x00\\x00\\x90\\x93\\x09\\x03\\x92\\xa15\\x01'",
    ],
)
def test_a_process_that_talks_nonsense_is_no_witness(said: str) -> None:
    """No MessagePack, no frame, an unknown kind, the answer to another question."""
    code = f"import os; os.write(1, {said}); os.read(0, 1); os.read(0, 9_999)"
    settings = WitnessSettings(enabled=Enabled.ON, path=PATH, timeout_s=5)
    asked = Asked(Witness(settings, command=[sys.executable, "-c", code]))
    asked.witness.start(asked.answers.put)

    assert quiet(asked) is Quiet.CRASHED
    asked.witness.stop()


def test_a_witness_that_is_not_wanted_says_that_it_is_off() -> None:
    asked = Asked(Witness(WitnessSettings()))
    asked.witness.start(asked.answers.put)

    assert quiet(asked) is Quiet.OFF
    assert not asked.witness.wanted


def test_frames_are_waited_for_no_longer_than_told(stage: Stage) -> None:
    stage.show(Scene(hanging=frozenset({"initialize"})))
    process = WitnessProcess(environment=stage.environment)
    process.wait_ready(10)
    process.send(request(ASK, PLACE))

    with pytest.raises(ProcessHung):
        process.receive(0.05)
    process.kill()
    with pytest.raises(ProcessGone):
        process.receive(10)
    process.close()
