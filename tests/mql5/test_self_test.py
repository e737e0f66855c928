"""
The self-test script of a real terminal, run natively: it passes on a terminal as it should be, and each of its checks can fail.
"""
# ruff: noqa: ARG002 - a stand-in has the parameters of what it stands for

import shutil
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
import zmq
from tests.mql5.conftest import BareTerminal

from mql5host.build import Built, build, sources_root
from mql5host.native import Program
from mql5host.sockets import SocketModel
from mql5host.terminal import TICK_FORMAT, Record

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "schemas" / "vectors"
NOW_S = 1_700_000_000
CHECKS = (
    "sha256", "double bits", "double arithmetic", "utf-8", "clocks run", "x25519", "secret box", "file flush", "file move",
    "vectors", "socket connect", "socket handshake", "socket reads", "server clock",
    "ticks are read", "ticks in order", "ticks twice the same", "ticks of one millisecond", "clocks never go back",
)  # fmt: skip


def tick(number: int, time_msc: int) -> bytes:
    bid = 1.1 + number * 1e-5
    return struct.pack(TICK_FORMAT, time_msc // 1000, bid, bid + 1e-4, 0.0, 0, time_msc, 6, 0.0)


TICKS = [tick(n, NOW_S * 1000 + at) for n, at in enumerate([0, 5, 5, 5, 9, 20, 31])]
"""Three of them share a millisecond."""

OTHER = tick(99, NOW_S * 1000 + 31)
TURNED = [TICKS[n] for n in (0, 2, 1, 3, 4)]


class QuotedTerminal(BareTerminal):
    """A terminal that is logged on: one symbol, its ticks, a server two hours ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.offset_s = 7_200
        self.ticks: Callable[[int], list[bytes] | int] = lambda _read: TICKS
        self.said: Callable[[str], None] = lambda _line: None

    def terminal_info(self) -> Record:
        return {"TERMINAL_BUILD": 5_000, "TERMINAL_DATA_PATH": "C:\\Terminal"}

    def symbol(self, name: str) -> Record | None:
        return {"SYMBOL_DIGITS": 5, "SYMBOL_POINT": 1e-5} if name == "EURUSD" else None

    def symbol_select(self, name: str, on: bool) -> bool:
        return name == "EURUSD"

    def last_tick(self, symbol: str) -> bytes | None:
        return TICKS[-1] if symbol == "EURUSD" else None

    def copy_ticks(self, symbol: str, flags: int, from_msc: int, count: int) -> bytes | int:
        self.reads += 1
        ticks = self.ticks(self.reads)
        if isinstance(ticks, int):
            return ticks
        wanted = [packed for packed in ticks if struct.unpack(TICK_FORMAT, packed)[5] >= from_msc]
        return b"".join(wanted[-count:] if from_msc == 0 else wanted[:count])

    def server_time(self) -> int:
        return NOW_S + self.offset_s

    def log(self, text: str) -> None:
        super().log(text)
        self.said(text)


class Run:
    """One run of the script, and what its file says."""

    def __init__(self, files: Path, built: Built) -> None:
        self.files = files
        self.built = built
        self.terminal = QuotedTerminal()
        self.ready: Callable[[Program], None] = lambda _program: None
        self.sockets = SocketModel(speculative_every=1)

    def lines(self, inputs: Mapping[str, str] | None = None, allowed: tuple[str, ...] = ("127.0.0.1",)) -> list[str]:
        self.terminal.printed.clear()
        with Program(
            self.built,
            self.terminal,
            files=self.files,
            symbol="EURUSD",
            inputs=inputs,
            allowed=allowed,
            virtual_clock_ms=1_000_000,
            sockets=self.sockets,
        ) as program:
            self.ready(program)
            program.start()
            assert (program.open_files, program.open_sockets) == (0, 0)
        lines = (self.files / "DTMS" / "selftest.txt").read_bytes().decode("ascii").split("\r\n")
        assert lines.pop() == ""
        assert self.terminal.printed == lines
        return lines

    def reason(self, check: str, inputs: Mapping[str, str] | None = None, allowed: tuple[str, ...] = ("127.0.0.1",)) -> str:
        """Why that check, and no other, failed."""
        failed = [line for line in self.lines(inputs, allowed) if line.startswith("FAIL ")]
        assert [line.split(": ")[0] for line in failed] == [f"FAIL {check}"], failed
        return failed[0].split(": ", 1)[1]


def built_from(sources: Path) -> Built:
    return build(sources / "Scripts/DTMS/SelfTest.mq5", include=sources / "Include")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The script with the vectors of this version in its files folder."""
    folder = tmp_path / "Files" / "DTMS" / "vectors"
    folder.mkdir(parents=True)
    for vector in VECTORS.glob("*.msgpack"):
        (folder / vector.name).write_bytes(vector.read_bytes())
    return Run(tmp_path / "Files", built_from(sources_root()))


@pytest.fixture
def router() -> Iterator[str]:
    """Where a ROUTER listens, as the service does."""
    with ExitStack() as stack:
        context = stack.enter_context(zmq.Context())
        bound = stack.enter_context(context.socket(zmq.ROUTER))
        bound.setsockopt(zmq.LINGER, 0)
        yield f"127.0.0.1:{bound.bind_to_random_port('tcp://127.0.0.1')}"


def test_a_terminal_as_it_should_be_passes_every_check(run: Run, router: str) -> None:
    lines = run.lines({"Server": router})

    vectors = sorted(path.stem for path in VECTORS.glob("*.msgpack"))
    results = [line for line in lines if not line.startswith("NOTE ")]
    assert sorted(results[:-1]) == sorted(f"PASS {name}" for name in [*CHECKS, *(f"vector {v}" for v in vectors)])
    assert results[-1] == f"SELF TEST: {len(CHECKS) + len(vectors)} passed, 0 failed, 0 skipped"
    assert "NOTE server clock: UTC +7200 s" in lines
    assert not [path.name for path in (run.files / "DTMS").iterdir() if path.name not in {"selftest.txt", "vectors"}]


def test_without_a_server_and_quotes_it_says_what_was_skipped_and_why(run: Run) -> None:
    lines = run.lines({"TickSymbol": "XAUUSD"})

    skipped = [line for line in lines if line.startswith("SKIP ")]
    assert len(skipped) == 7
    assert "SKIP socket connect: the input Server is empty" in skipped
    assert 'SKIP ticks are read: no quote of "XAUUSD": log on and open its chart' in skipped
    assert lines[-1].endswith("passed, 0 failed, 7 skipped")


def test_a_damaged_vector_is_named(run: Run) -> None:
    path = run.files / "DTMS/vectors/credit.typical.msgpack"
    path.write_bytes(path.read_bytes()[:-1])

    assert run.reason("vector credit.typical").startswith("refused at byte ")


def test_a_vector_in_another_form_is_named(run: Run) -> None:
    path = run.files / "DTMS/vectors/credit.typical.msgpack"
    whole = path.read_bytes()
    assert whole[:2] == b"\x99\x01"
    path.write_bytes(b"\x99\xcc\x01" + whole[2:])  # the same number in two bytes

    assert run.reason("vector credit.typical") == f"written again it has {len(whole)} bytes, not {len(whole) + 1}"


def test_vectors_that_were_not_copied_are_missed(run: Run) -> None:
    total = len(list(VECTORS.glob("*.msgpack")))
    (run.files / "DTMS/vectors/credit.typical.msgpack").unlink()
    (run.files / "DTMS/vectors/deal.typical.msgpack").unlink()

    assert run.reason("vectors").startswith(f"{total - 2} of {total} in MQL5\\Files\\DTMS\\vectors\\")


def test_a_target_that_cannot_be_replaced_is_told(run: Run) -> None:
    (run.files / "DTMS" / "selftest.whole").mkdir()

    assert run.reason("file move").startswith("cannot write, error ")


def test_a_file_that_nobody_else_can_read_is_told(run: Run) -> None:
    (run.files / "DTMS" / "selftest.part").mkdir()

    lines = run.lines()

    assert [line.split(":")[0] for line in lines if line.startswith("FAIL")] == ["FAIL file flush", "FAIL file move"]


def test_a_clock_that_goes_back_is_noticed(run: Run) -> None:
    def back(program: Program) -> None:
        run.terminal.said = lambda line: program.set_clock_ms(500_000) if line == "PASS vectors" else None

    run.ready = back

    assert run.reason("clocks never go back") == "GetTickCount64 became smaller between two lines"


def test_a_clock_that_stands_is_noticed(run: Run) -> None:
    run.ready = lambda program: program.set_stopped(True)  # a Sleep then returns at once

    assert "FAIL clocks run: GetTickCount64 counts 0 ms for Sleep(100)" in run.lines()


def test_a_server_clock_between_the_quarters_is_not_believed(run: Run) -> None:
    run.terminal.offset_s = 7_200 + 400

    assert "TimeTradeServer 2023.11.15 00:20:00, TimeGMT 2023.11.14 22:13:20" in run.reason("server clock")


@pytest.mark.parametrize(
    ("check", "says", "ticks"),
    [
        ("ticks are read", "gives -1, error 4403", lambda _: -4403),
        ("ticks in order", "number 5 of 7 is older", lambda _: [*TICKS[:4], TICKS[5], TICKS[4], TICKS[6]]),
        ("ticks twice the same", "number 6 of 7 differs", lambda read: [*TICKS[:6], OTHER if read == 3 else TICKS[6]]),
        ("ticks twice the same", "7, then 5, then 7 ticks", lambda read: TICKS[: 5 if read == 2 else 7]),
        ("ticks of one millisecond", "tick 0 of that", lambda read: TURNED if read == 4 else TICKS[:5]),
    ],
    ids=["failing", "disorder", "changing", "missing", "twins"],
)
def test_quotes_that_the_cursor_could_not_follow_are_told(
    run: Run, check: str, says: str, ticks: Callable[[int], list[bytes] | int]
) -> None:
    run.terminal.ticks = ticks

    assert says in run.reason(check)


def test_quotes_that_are_all_apart_leave_one_check_open(run: Run) -> None:
    run.terminal.ticks = lambda _: [TICKS[0], TICKS[1], *TICKS[4:]]

    assert "SKIP ticks of one millisecond: no two of the last 5 share one; try a busier symbol or hour" in run.lines()


def test_a_server_that_is_none_is_told(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]

    assert run.reason("socket connect", {"Server": f"127.0.0.1:{closed}"}).startswith(f"cannot connect to 127.0.0.1:{closed}")
    assert run.reason("socket connect", {"Server": "127.0.0.1"}).startswith('"127.0.0.1" is no host:port')


def test_an_address_that_is_not_listed_is_told_with_the_remedy(run: Run, router: str) -> None:
    assert run.reason("socket connect", {"Server": router}, allowed=()) == (
        "add 127.0.0.1 to the allowed list: Tools > Options > Expert Advisors > Allow WebRequest for listed URL"
    )


def test_a_listener_that_says_nothing_is_not_taken_for_the_service(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reason = run.reason("socket handshake", {"Server": f"127.0.0.1:{listener.getsockname()[1]}"})

    assert reason == "no answer in 3 s: is it the service that listens there?"


class Slow:
    """A network on which every look takes 0.3 s, and nobody answers."""

    def __init__(self) -> None:
        self.program: Program | None = None

    def connect(self, socket: int, host: str, port: int, timeout_ms: int) -> bool:
        return True

    def is_connected(self, socket: int) -> bool:
        return True

    def readable(self, socket: int) -> int:
        assert self.program is not None
        self.program.set_clock_ms(self.program.clock_ms + 300)
        return 0

    def writable(self, socket: int) -> bool:
        return True

    def read(self, socket: int, size: int, timeout_ms: int) -> bytes | int:
        return 0

    def send(self, socket: int, data: bytes) -> int:
        return len(data)

    def close(self, socket: int) -> None:
        pass


def test_a_socket_that_makes_the_terminal_wait_is_told(run: Run) -> None:
    slow = Slow()

    def started(program: Program) -> None:
        slow.program = program

    run.sockets, run.ready = SocketModel(layer=slow), started

    assert "FAIL socket reads: a look at the socket took 300000 us" in run.lines({"Server": "127.0.0.1:1"})


BROKEN = {
    "CheckPlatform.mqh": [
        ("ba7816bf", "ba7816be"),
        ("DTMS_CHECK_LITERAL  0x3FF2563886594AF5", "DTMS_CHECK_LITERAL  0x3FF2563886594AF6"),
        ("writer.Real(CBytes::RealOf(patterns[i]))", "writer.Real(CBytes::RealOf(patterns[i])+0.0)"),
        ("{0xC3,0xA9,", "{0x41,0x42,"),
    ],
    "CheckVectors.mqh": [("cut<size", "cut<=size")],
    "CheckCrypto.mqh": [('"4a5d9d5b', '"4a5d9d5a'), ("box[0]^=1", "box[0]^=0")],
}
"""Edits by which a check expects what cannot be: minus zero plus zero is zero, and so on."""


def test_the_checks_of_the_language_can_fail(run: Run, tmp_path: Path) -> None:
    shutil.copytree(sources_root(), tmp_path / "mql5")
    for name, edits in BROKEN.items():
        path = tmp_path / "mql5/Include/DTMS" / name
        for before, after in edits:
            assert path.read_text().count(before) == 1
            path.write_text(path.read_text().replace(before, after))
    run.built = built_from(tmp_path / "mql5")

    lines = run.lines()

    failed = [line.split(": ")[0].removeprefix("FAIL ") for line in lines if line.startswith("FAIL ")]
    assert [name for name in failed if not name.startswith("vector ")] == [
        "sha256", "double bits", "double arithmetic", "utf-8", "x25519", "secret box",
    ]  # fmt: skip
    assert sum(name.startswith("vector ") for name in failed) == len(list(VECTORS.glob("*.msgpack")))
    assert "FAIL double bits: 8000000000000000 comes back as 0000000000000000" in lines
    assert "FAIL secret box: a forged one is opened" in lines
