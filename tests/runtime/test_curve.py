"""A service with keys and ZeroMQ's own clients before it: who comes in, who is counted, what only a known terminal is told."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
import zmq
from tests.session.terminal_side import TerminalSide
from zmq.utils import z85

from dtms.cli import keyfiles
from dtms.errors import ConfigError
from dtms.runtime import keys
from dtms.runtime.door import Handshakes
from dtms.runtime.keys import Keys, KnownClients
from dtms.runtime.service import Service
from dtms.settings import DeskSettings, LinkSettings, Settings
from dtms.store.journal import MemoryJournal
from dtms.wire.codec import decode
from dtms.wire.messages import MAX_FRAME_BYTES, LogonAccepted

LIMIT_S = 10.0
QUIET_MS = 300  # what is refused does not answer; this is for nothing to happen in
SETTINGS = Settings(link=LinkSettings(bind="tcp://127.0.0.1:*"), desk=DeskSettings(snapshot_ms=2))
Socket = zmq.Socket[bytes]


def loaded(data: Path) -> Keys:
    found = keys.load(keyfiles.SERVER_FILE, keyfiles.CLIENTS, data)
    assert found is not None
    return found


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    keyfiles.make("first", tmp_path, tmp_path, replace=False)
    made = Service(SETTINGS, MemoryJournal(), lambda *_: None, keys=loaded(tmp_path))
    made.start()
    yield made
    assert made.stop()
    assert made.failure is None


def as_z85(hexadecimal: str) -> bytes:
    encoded: bytes = z85.encode(bytes.fromhex(hexadecimal))
    return encoded


@pytest.fixture
def dial() -> Iterator[Callable[..., Socket]]:
    """A DEALER that has sent its Logon once; with the keys of a key file, if any."""
    context: zmq.Context[Socket] = zmq.Context()
    made: list[Socket] = []

    def _dial(service: Service, key_file: Path | None, **changes: bytes) -> Socket:
        socket = context.socket(zmq.DEALER)
        made.append(socket)
        socket.set(zmq.IDENTITY, b"\x01" + os.urandom(15))
        socket.set(zmq.RECONNECT_IVL, 60_000)  # once; with -1 libzmq 4.3.5 never ends the context
        if key_file is not None:
            lines = dict(re.findall(r"(\w+) ([0-9a-f]{64})", key_file.read_text(encoding="ascii")))
            own = {"serverkey": as_z85(lines["server"]), "publickey": as_z85(lines["client"]), "secretkey": as_z85(lines["secret"])}
            for name, value in (own | changes).items():
                socket.set(getattr(zmq, f"CURVE_{name.upper()}"), value)
        socket.connect(service.address)
        terminal = TerminalSide()
        terminal.connect(0)
        with contextlib.suppress(zmq.Again):  # refused already, so there is nobody to send to
            socket.send(terminal.out.popleft(), zmq.NOBLOCK)
        return socket

    yield _dial
    for socket in made:
        socket.close(linger=0)
    context.term()


def accepted(socket: Socket) -> LogonAccepted:
    assert socket.poll(int(LIMIT_S * 1_000)), "no answer to the logon"
    body = decode(socket.recv()).body
    assert isinstance(body, LogonAccepted)
    return body


def until(holds: Callable[[], object]) -> None:
    limit = monotonic() + LIMIT_S
    while not holds():
        assert monotonic() < limit, "it did not happen"


def refused(service: Service) -> int:
    return service.snapshot().counters["bridge.refused_keys"]


def test_a_known_key_comes_in_and_brings_fresh_entropy_at_each_logon(
    dial: Callable[..., Socket], service: Service, tmp_path: Path
) -> None:
    drawn = set()
    for _ in range(3):
        socket = dial(service, tmp_path / "dtms-first.key")
        drawn.add(accepted(socket).entropy)
        socket.close(linger=0)

    assert len(drawn) == 3
    assert all(re.fullmatch("[0-9a-f]{64}", entropy) for entropy in drawn)
    assert refused(service) == 0


def test_without_keys_no_entropy_crosses_the_wire(dial: Callable[..., Socket]) -> None:
    plain = Service(SETTINGS, MemoryJournal(), lambda *_: None)
    plain.start()

    assert accepted(dial(plain, None)).entropy == ""

    plain.stop()


def test_without_key_or_with_a_key_that_is_not_known_nobody_comes_in(
    dial: Callable[..., Socket], service: Service, tmp_path: Path
) -> None:
    known = tmp_path / "dtms-first.key"
    public, secret = zmq.curve_keypair()
    clients: tuple[tuple[Path | None, dict[str, bytes]], ...] = (
        (None, {}),
        (known, {"publickey": public, "secretkey": secret}),
        (known, {"serverkey": public}),
        (known, {"secretkey": secret}),  # a known public key without its secret
    )
    for number, (key_file, changes) in enumerate(clients, start=1):
        socket = dial(service, key_file, **changes)
        until(lambda number=number: refused(service) == number)  # type: ignore[misc]
        assert socket.poll(QUIET_MS) == 0
        socket.close(linger=0)

    assert not service.snapshot().accounts
    assert service.snapshot().counters["bridge.strangers"] == 0
    assert accepted(dial(service, known)).protocol == 1


def test_a_key_added_while_the_service_runs_comes_in_and_one_taken_away_does_not(
    dial: Callable[..., Socket], service: Service, tmp_path: Path
) -> None:
    second = keyfiles.make("second", tmp_path, tmp_path, replace=False)
    accepted(dial(service, second.key_file))

    second.client.unlink()

    assert dial(service, second.key_file).poll(QUIET_MS) == 0
    until(lambda: refused(service) == 1)


def test_a_frame_of_one_mebibyte_passes_the_encryption_and_a_larger_one_does_not(
    dial: Callable[..., Socket], service: Service, tmp_path: Path
) -> None:
    socket = dial(service, tmp_path / "dtms-first.key")
    accepted(socket)

    socket.send(b"\xc1" * MAX_FRAME_BYTES)  # no frame of the protocol, but of a size that is read

    until(lambda: service.snapshot().counters["bridge.poison"] == 1)
    other = dial(service, tmp_path / "dtms-first.key")
    accepted(other)
    other.send(b"\xc1" * (MAX_FRAME_BYTES + 1))
    until(lambda: service.snapshot().counters["bridge.poison"] == 1 and not _is_up(service))


def _is_up(service: Service) -> bool:
    return any(terminal.state == "up" for account in service.snapshot().accounts for terminal in account.terminals)


def test_the_pair_of_the_service_is_not_shown_by_accident(tmp_path: Path) -> None:
    keyfiles.make("first", tmp_path, tmp_path, replace=False)
    found = loaded(tmp_path)

    assert found.server.secret.decode() not in repr(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(None, "dtms keygen makes it", id="missing"),
        pytest.param("", "does not hold a key pair", id="empty"),
        pytest.param('public-key = "short"\nsecret-key = "short"\n', "does not hold a key pair", id="no-keys"),
        pytest.param('public-key = "{0}"\n', "does not hold a key pair", id="no-secret"),
        pytest.param('public-key = "{0}"\nsecret-key = "{0}"\n', "does not hold a key pair", id="no-pair"),
    ],
)
def test_a_named_key_file_that_cannot_be_used_is_never_passed_over(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "key").write_text(text.format(zmq.curve_keypair()[0].decode()), encoding="ascii")

    with pytest.raises(ConfigError) as caught:
        keys.load("key", "clients", tmp_path)

    assert caught.value.key == "link.curve_server_key_file"
    assert says in caught.value.reason


def test_files_that_hold_no_key_let_nobody_in(tmp_path: Path) -> None:
    for name, content in (("a.key", b""), ("b.key", b"\xff\xfe"), ("c.key", b'public-key = "short"'), ("d.txt", b"public")):
        (tmp_path / name).write_bytes(content)

    assert len(KnownClients(tmp_path)) == 0
    assert len(KnownClients(tmp_path / "nowhere")) == 0


def test_a_key_that_comes_within_the_same_tick_of_the_folder_s_clock_is_seen(tmp_path: Path) -> None:
    known = KnownClients(tmp_path)
    assert len(known) == 0
    stamp = tmp_path.stat().st_mtime_ns

    (tmp_path / "late.key").write_text(f'public-key = "{zmq.curve_keypair()[0].decode()}"\n', encoding="ascii")
    os.utime(tmp_path, ns=(stamp, stamp))

    assert len(known) == 1


def test_connections_that_end_behind_their_handshake_are_not_refused_ones() -> None:
    seen = Handshakes()
    seen.began(1)
    seen.succeeded()
    seen.began(2)

    assert [seen.ended(1), seen.ended(2)] == [False, True]
    seen.began(1)
    seen.began(3)
    seen.succeeded()
    assert seen.ended(3)
    assert not seen.ended(1)
