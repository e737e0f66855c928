"""
The key file of an Expert Advisor: what is taken, what is refused, and that no secret of a connection is ever drawn twice.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import nacl.bindings as sodium
import pytest
from tests.mql5.conftest import BareTerminal
from tests.mql5.curve import DIAL, KEY_FILE, Echo, Guarded, Tap, contents, make_keys
from tests.mql5.support import Harness

from dtms.names import Role
from dtms.runtime.keys import Keys
from dtms.wire.messages import Logon
from mql5host.native import Program

Starter = Callable[..., tuple[Program, BareTerminal]]
HELLO_PUBLIC = slice(2 + 80, 2 + 112)  # C' in HELLO, behind the frame's head
DIALS = 20


@pytest.fixture
def service(tmp_path: Path) -> Keys:
    return make_keys(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Files" / KEY_FILE


@pytest.fixture
def router(service: Keys) -> Iterator[Guarded]:
    made = Guarded(service)
    yield made
    made.close()


@pytest.fixture
def tap(router: Guarded) -> Iterator[Tap]:
    made = Tap(router.port)
    yield made
    made.close()


def checked(lines: str) -> str:
    """A key file's lines with their hash behind them."""
    return f"{lines}check {hashlib.sha256(lines.encode('ascii')).hexdigest()}\n"


def seed_of(path: Path) -> tuple[int, str]:
    found = contents(path)
    return int(found["counter"]), found["seed"]


def test_the_seed_on_disk_moves_before_each_connection_and_nothing_repeats(
    start: Starter, router: Guarded, tap: Tap, path: Path
) -> None:
    seeds = [seed_of(path)]
    publics: list[bytes] = []

    def up(index: int, frame: bytes) -> list[bytes]:
        if index == 1:  # HELLO: the first use of what was drawn
            publics.append(frame[HELLO_PUBLIC])
            seeds.append(seed_of(path))
        return [frame]

    tap.up = up
    program, terminal = start("Echo", {"Port": tap.port, "KeyFile": KEY_FILE})
    assert program.init() == 0
    echo = Echo(program, terminal, router, tap)
    assert echo.receive() == b"hello"
    for _ in range(DIALS - 1):
        echo.dial()

    assert len(set(publics)) == len(publics) == DIALS
    assert len({seed for _, seed in seeds}) == DIALS + 1
    counters = [counter for counter, _ in seeds]
    assert counters == sorted(set(counters))


def test_the_next_seed_is_the_hash_of_the_last_and_the_secret_another_hash(
    start: Starter, router: Guarded, tap: Tap, path: Path
) -> None:
    program, terminal = start("Echo", {"Port": tap.port, "KeyFile": KEY_FILE}, clock_ms=5_000)
    before, seed = seed_of(path)
    assert program.init() == 0
    Echo(program, terminal, router, tap).receive()

    for step in (before, before + 1):  # one to see that the file can be saved, one for the connection
        seed = hashlib.sha256(b"next" + bytes.fromhex(seed) + step.to_bytes(8, "big")).hexdigest()
    assert seed_of(path) == (before + 2, seed)
    assert sodium.crypto_scalarmult_base(bytes.fromhex(seed)) != tap.seen[0][1][HELLO_PUBLIC]


def test_a_file_put_back_to_an_earlier_state_still_gives_another_key(start: Starter, router: Guarded, tap: Tap, path: Path) -> None:
    text = path.read_bytes()
    publics = set()
    for _ in range(2):
        path.write_bytes(text)
        program, terminal = start("Echo", {"Port": tap.port, "KeyFile": KEY_FILE})
        assert program.init() == 0
        Echo(program, terminal, router, tap).receive()
        publics.add(tap.seen[0][1][HELLO_PUBLIC])
        program.deinit()

    assert len(publics) == 2


def test_a_file_that_cannot_be_saved_is_refused_at_the_start(start: Starter, router: Guarded, path: Path) -> None:
    (path.parent / f"{KEY_FILE}.tmp").mkdir()
    before = path.read_bytes()
    program, terminal = start("Echo", {"Port": router.port, "KeyFile": KEY_FILE})

    assert program.init() != 0

    assert "dtms-ea.key cannot be saved (writing, error" in terminal.printed[0]
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_saved_any_more_lets_nobody_be_dialed(start: Starter, router: Guarded, tap: Tap, path: Path) -> None:
    program, terminal = start("Echo", {"Port": tap.port, "KeyFile": KEY_FILE})
    assert program.init() == 0
    echo = Echo(program, terminal, router, tap)
    echo.receive()
    router.close()
    echo.until(lambda: not tap.connected)
    (path.parent / f"{KEY_FILE}.tmp").mkdir()

    program.chart_event(DIAL)
    for _ in range(20):
        program.timer()
        tap.pump()

    assert "cannot be saved" in echo.status()["error"]
    assert not tap.connected


def test_a_killed_program_has_used_nothing_and_the_next_one_goes_on(start: Starter, router: Guarded, path: Path) -> None:
    free = Guarded(None)
    nobody = free.port
    free.close()
    program, _ = start("Echo", {"Port": nobody, "KeyFile": KEY_FILE})
    program.init()  # drawn, saved, and nobody there to use it with
    drawn = seed_of(path)
    program.close()  # without OnDeinit: killed
    (path.parent / f"{KEY_FILE}.tmp").write_bytes(path.read_bytes()[:100])  # as if in the middle of the next save

    program, terminal = start("Echo", {"Port": router.port, "KeyFile": KEY_FILE})

    assert program.init() == 0
    assert Echo(program, terminal, router).receive() == b"hello"
    assert seed_of(path)[0] > drawn[0]


def test_an_attempt_that_found_nobody_leaves_its_keys_for_the_next(start: Starter, service: Keys, path: Path) -> None:
    free = Guarded(None)
    port = free.port
    free.close()
    program, terminal = start("Echo", {"Port": port, "KeyFile": KEY_FILE})
    program.init()
    drawn = seed_of(path)
    for _ in range(5):
        program.chart_event(DIAL)
    assert seed_of(path) == drawn

    router = Guarded(service, port=port)
    Echo(program, terminal, router).dial()

    assert seed_of(path) == drawn
    router.close()


def test_one_key_file_serves_one_program_at_a_time(start: Starter, router: Guarded) -> None:
    first, _ = start("Echo", {"Port": router.port, "KeyFile": KEY_FILE})
    assert first.init() == 0
    second, terminal = start("Echo", {"Port": router.port, "KeyFile": KEY_FILE})

    assert second.init() != 0
    assert "in use by another Expert Advisor" in terminal.printed[0]

    first.close()
    third, _ = start("Echo", {"Port": router.port, "KeyFile": KEY_FILE})
    assert third.init() == 0


def test_keys_that_are_replaced_while_the_program_runs_are_taken_and_not_overwritten(
    start: Starter, service: Keys, router: Guarded, tmp_path: Path, path: Path
) -> None:
    program, terminal = start("Echo", {"Port": router.port, "KeyFile": KEY_FILE})
    assert program.init() == 0
    echo = Echo(program, terminal, router)
    echo.receive()
    make_keys(tmp_path)
    replaced = contents(path)

    echo.dial()

    assert contents(path)["client"] == replaced["client"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(lambda _: None, "is not there: make one with dtms keygen", id="missing"),
        pytest.param(lambda _: "", "cannot be read", id="empty"),
        pytest.param(lambda text: text[:-1], "is damaged", id="a-byte-short"),
        pytest.param(lambda text: text[:200], "is damaged", id="half"),
        pytest.param(lambda text: text + "\n", "is damaged", id="a-line-more"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), "is damaged", id="other-line-ends"),
        pytest.param(lambda text: text.replace("dtms-key 1", "dtms-key 2"), "is damaged", id="another-version"),
        pytest.param(lambda text: text.replace("secret ", "secret 0"), "is damaged", id="a-digit-more"),
        pytest.param(lambda text: text[:30] + ("0" if text[30] != "0" else "1") + text[31:], "is damaged", id="a-digit-changed"),
        pytest.param(lambda _: "x" * 5_000, "cannot be read", id="something-else"),
        pytest.param(
            lambda text: checked(text.partition("check")[0].replace(text.split()[5], "ab" * 32)),
            "two client keys that do not belong together",
            id="another-client-key",
        ),
    ],
)
def test_the_expert_advisor_refuses_a_file_that_is_none_with_one_sentence(
    tmp_path: Path, service: Keys, path: Path, change: Callable[[str], str | None], says: str
) -> None:
    changed = change(path.read_text(encoding="ascii"))
    if changed is None:
        path.unlink()
    else:
        path.write_bytes(changed.encode("ascii"))
    with Harness(tmp_path, inputs={"KeyFile": KEY_FILE}) as harness:
        assert harness.program.init() != 0
        harness.program.deinit(8)

        said = [line for line in harness.terminal.logs if "DTMS" in line]
        assert len(said) == 1
        assert says in said[0]
        assert not harness.program.open_files
        assert not harness.program.open_sockets


@pytest.fixture
def expert(tmp_path: Path, service: Keys) -> Iterator[Harness]:
    """The Expert Advisor with its key file; what it dials has keys too."""
    guarded = Guarded(service)
    with Harness(tmp_path, inputs={"KeyFile": f" {KEY_FILE}\r", "Servers": f"127.0.0.1:{guarded.port}"}) as harness:
        plain, harness.router.socket = harness.router.socket, guarded.socket
        drain = harness.router.drain

        def admit(wait_ms: int = 0) -> None:
            guarded.pump()
            drain(wait_ms)

        harness.router.drain = admit  # type: ignore[method-assign]
        yield harness
        plain.close()
    guarded.close()


def test_what_the_bridge_has_drawn_is_stirred_into_the_seed_and_saved(expert: Harness, path: Path) -> None:
    drawn = "5a" * 32
    expert.router.accept = {"role": Role.MANAGER, "entropy": drawn}
    seen: list[tuple[int, str]] = []
    take = expert.router.log_on

    def log_on(**changes: object) -> None:
        seen.append(seed_of(path))
        take(**changes)

    expert.router.log_on = log_on  # type: ignore[method-assign]
    expert.start()

    counter, before = seen[0]
    after = hashlib.sha256(b"mix" + bytes.fromhex(before) + counter.to_bytes(8, "big") + bytes.fromhex(drawn)).hexdigest()
    assert seed_of(path) == (counter + 1, after)


@pytest.mark.parametrize("entropy", ["", "5a" * 31, "5A" * 32, "no hex"])
def test_anything_but_64_digits_is_not_stirred_in(expert: Harness, path: Path, entropy: str) -> None:
    expert.router.accept = {"entropy": entropy}
    assert expert.program.init() == 0
    expert.until(lambda: expert.router.of(Logon))
    before = seed_of(path)

    expert.settle()

    assert seed_of(path) == before


def test_the_panel_says_that_the_link_is_encrypted_and_a_removed_program_lets_go_of_its_file(expert: Harness, path: Path) -> None:
    expert.start()
    expert.advance(1_000)

    texts = [shown.strings.get("OBJPROP_TEXT", "") for shown in expert.program.objects().values()]
    assert any(text.startswith("server: ") and text.endswith(", encrypted") for text in texts)
    expert.program.deinit(1)
    assert not expert.program.open_files
    assert not path.with_name(f"{KEY_FILE}.lock").exists()
