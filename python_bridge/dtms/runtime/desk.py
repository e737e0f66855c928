"""
The desk: the one place where anything changes.

``step`` is an ordinary method: drain the inbox and the socket in bounded batches, let time pass, send what is to be sent, publish
a picture. Whoever calls it brings the time; in the service that is the thread of ``service.py``, in tests the test.
"""

import secrets
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from dtms.engine.signals.regime import Zone
from dtms.errors import DtmsError, LinkLost
from dtms.names import LogoutWhy, OnSilence, RefuseWhy
from dtms.runtime.account import Account
from dtms.runtime.asks import AskClose, Asks
from dtms.runtime.counters import Counters
from dtms.runtime.decisions import Entry
from dtms.runtime.gate import Gate, Refusal, account_key
from dtms.runtime.inbox import Inbox
from dtms.runtime.links import Link
from dtms.runtime.log import Log
from dtms.runtime.outbox import Outbox, Release
from dtms.runtime.transport import Arrival, Router
from dtms.session.events import Event, LogonReceived
from dtms.session.peer import Peer
from dtms.session.states import State
from dtms.settings import Settings, digest
from dtms.store.journal import Acknowledgement, CommitFailed, Committed, EpochFailed, EpochTaken, Journal
from dtms.wire.messages import Logon, LogonRefused

_REFUSED_KEPT: Final = 16
_DETAIL_MAX: Final = 512  # Text of the wire
_REST_MS: Final = 1_000  # an account on which our own code failed is looked at again after this
_SOON: Final = frozenset({RefuseWhy.NOT_READY, RefuseWhy.DUPLICATE_INSTANCE})  # causes that pass by themselves


class Stop(NamedTuple):
    """Take leave of the terminals, which then carry out ``plan``, and end."""

    plan: OnSilence


class ConfirmPoison(NamedTuple):
    """The user has seen the bad frames of an account."""

    account: str


Item = Acknowledgement | Stop | ConfirmPoison | AskClose


@dataclass(slots=True, eq=False)
class Connection:
    """A peer of the socket; ``account`` and ``link`` are there once it is logged on."""

    identity: bytes
    peer: Peer
    asked_at: int = 0
    logon: Logon | None = None
    account: Account | None = None
    link: Link | None = None


class Desk:
    """Sockets, sessions, book and engine, in one order."""

    def __init__(
        self,
        router: Router,
        inbox: Inbox[Item],
        journal: Journal,
        settings: Settings,
        *,
        log: Log,
        elapsed: Callable[[], int],
        zone: Zone = (),
        keep: Callable[[Entry], None] | None = None,
    ) -> None:
        self.settings = settings
        self.config_digest = digest(settings)
        self.counters = Counters()
        self.gate = Gate(settings.account)
        self.accounts: dict[str, Account] = {}
        self.outbox = Outbox(journal, settings.link)
        self.refused: deque[str] = deque(maxlen=_REFUSED_KEPT)
        self.stopped = False
        self._asks = Asks(self.accounts, settings.mode, log)
        self._router = router
        self._inbox = inbox
        self._journal = journal
        self._log = log
        self._zone = zone  # of the sessions' hours
        self._keep = keep  # decisions with their proofs
        self._elapsed = elapsed  # the clock that ``now`` was read from, in ms
        self._connections: dict[bytes, Connection] = {}
        self._awaiting_epoch: dict[str, list[Connection]] = {}
        self._rests: dict[str, int] = {}  # accounts on which our own code failed, until when

    @property
    def reconciled(self) -> bool:
        """Whether the positions of an account are known."""
        return any(account.view_known for account in self.accounts.values())

    def step(self, now: int, utc: int) -> bool:
        """Do what there is to do; return whether something may be left that must not wait for the next poll."""
        self._read_inbox(now, utc)
        more = self._read_socket(now, utc)
        now = max(now, self._elapsed())  # nothing below happens before what was read
        self._read_inbox(now, utc)  # a store in memory has answered by now
        self._flush(now, utc)  # what follows from what came goes out before anything else is looked at
        for connection in tuple(self._connections.values()):
            self._advance(connection, now, utc)
        self._refuse_late(now)
        for account in tuple(self.accounts.values()):
            more = self._look(account, now, utc) or more
        for release in self.outbox.advance(now):
            self._release(release, now, utc)
        self._read_inbox(now, utc)
        self._flush(now, utc)
        return more

    # The inbox

    def _read_inbox(self, now: int, utc: int) -> None:
        while (item := self._inbox.take()) is not None:
            match item:
                case Committed(token):
                    release = self.outbox.committed(token)
                case CommitFailed(token, reason):
                    self._log.error("store", why=reason)
                    release = self.outbox.failed(token, reason)
                case _:
                    self._take_item(item, now, utc)
                    continue
            if release is not None:
                self._release(release, now, utc)

    def _take_item(self, item: Item, now: int, utc: int) -> None:
        try:
            self._carry_out(item, now, utc)
        except Exception as error:  # noqa: BLE001 - the edge: what one item asks must not end the desk
            self._log.error("defect", item=type(item).__name__, why=_why(error), trace=traceback.format_exc())

    def _carry_out(self, item: Item, now: int, utc: int) -> None:
        match item:
            case EpochTaken():
                self._open_account(item, now)
            case EpochFailed():
                self._no_epoch(item, now)
            case ConfirmPoison(key) if key in self.accounts:
                for log in self.accounts[key].links.poison.values():
                    log.confirm()
            case AskClose():
                self._asks.take(item, now, utc)
            case Stop(plan):
                self._stop(plan, now, utc)
            case _:
                pass

    def _release(self, release: Release, now: int, utc: int) -> None:
        account = self.accounts[release.account]
        try:
            account.trader.release(release, now, utc)
        except Exception as error:  # noqa: BLE001 - the edge: one account's failure is its own
            self._account_defect(account, error, now)

    def _stop(self, plan: OnSilence, now: int, utc: int) -> None:
        self.stopped = True
        for connection in self._connections.values():
            if connection.peer.state is State.UP:
                connection.peer.logout(LogoutWhy.SHUTDOWN, plan, now)
        self._flush(now, utc)

    # The socket

    def _read_socket(self, now: int, utc: int) -> bool:
        if self._router.door is not None:
            self._router.door.work(self.counters.bridge, self._log, now)
        desk, receive, connections = self.settings.desk, self._router.receive, self._connections
        touched: dict[bytes, Connection] = {}
        read, at = 0, now
        while (room := read < desk.batch_frames and at - now < desk.batch_ms) and (arrival := receive()) is not None:
            read += 1
            # A frame came no later than this and no earlier than this step began; by a time that is too early a deadline is late.
            at = max(now, self._elapsed())
            connection = connections.get(arrival.identity)
            if connection is None:
                connection = connections[arrival.identity] = Connection(
                    arrival.identity, Peer(self.settings.link, self.counters.bridge)
                )
            touched[arrival.identity] = connection
            self._arrived(connection, arrival, at, utc)
        for connection in touched.values():
            connection.peer.end_batch(at)
        return not room

    def _arrived(self, connection: Connection, arrival: Arrival, now: int, utc: int) -> None:
        try:
            if arrival.fault is None:
                events = connection.peer.receive(arrival.data, now, utc)
            else:
                events = connection.peer.receive_bad(arrival.fault, arrival.data, now)
            self._dispatch(connection, events, now, utc)
        except Exception as error:  # noqa: BLE001 - the edge (R26): a frame costs its own connection, never the desk
            self._defect(connection.peer, arrival.data, error, now)

    def _advance(self, connection: Connection, now: int, utc: int) -> None:
        try:
            self._dispatch(connection, connection.peer.advance(now, utc), now, utc)
        except Exception as error:  # noqa: BLE001 - the edge, as above
            self._defect(connection.peer, b"", error, now)

    def _defect(self, peer: Peer, data: bytes, error: Exception, now: int) -> None:
        """Our own code failed: the peer is dropped, its bytes are kept, what it told is no longer believed, alarm."""
        why = _why(error)
        self._log.error("defect", why=why, trace=traceback.format_exc())
        peer.defect(why, data, now)
        for account in self.accounts.values():
            for link in [link for link in account.links.by_nonce.values() if link.peer is peer]:
                account.drop(link, why, now)

    def _account_defect(self, account: Account, error: Exception, now: int) -> None:
        """Our own code failed for an account: its manager has to tell everything anew."""
        self._rests[account.key] = now + _REST_MS
        link = account.links.manager()
        if link is not None:
            self._defect(link.peer, b"", error, now)
        else:
            self._log.error("defect", account=account.key, why=_why(error), trace=traceback.format_exc())

    def _dispatch(self, connection: Connection, events: list[Event], now: int, utc: int) -> None:
        account, link = connection.account, connection.link
        if account is not None and link is not None:
            for event in events:
                account.take(link, event, now, utc)
            return
        for event in events:
            if isinstance(event, LogonReceived):
                self._logon(connection, event.logon, now)

    def _flush(self, now: int, utc: int) -> None:
        for connection in tuple(self._connections.values()):
            peer = connection.peer
            frames = peer.take_outgoing()
            try:
                for frame in frames:
                    self._router.send(connection.identity, frame)
            except LinkLost as error:
                self._dispatch(connection, peer.lost(str(error)), now, utc)
            if peer.state is State.CLOSED:
                # Whatever still comes under this identity is a stranger's: not a logon, so dropped and counted.
                del self._connections[connection.identity]

    # Logging on

    def _logon(self, connection: Connection, logon: Logon, now: int) -> None:
        connection.logon = logon
        refusal = self.gate.judge(logon)
        if refusal is not None:
            self._refuse(connection, refusal, now)
            return
        key = account_key(logon)
        account = self.accounts.get(key)
        if account is not None:
            self._welcome(connection, account, logon, now)
            return
        connection.asked_at = now
        if key in self._awaiting_epoch:
            asking = [one for one in self._awaiting_epoch[key] if one.peer.state is State.ASKING]
            self._awaiting_epoch[key] = [*asking, connection]
            return
        most = self.settings.link.max_accounts
        if len(self.accounts) + len(self._awaiting_epoch) >= most:
            self._refuse(
                connection, Refusal(RefuseWhy.WRONG_ACCOUNT, f"this service has {most} accounts; {key} is one too many"), now
            )
            return
        self._awaiting_epoch[key] = [connection]
        try:
            self._journal.take_epoch(key, logon.highest_epoch_seen)
        except Exception as error:  # noqa: BLE001 - the seam to the store: whatever it raises, it gave no epoch
            self._log.error("defect", why=_why(error), trace=traceback.format_exc())
            self._no_epoch(EpochFailed(key, _why(error)), now)

    def _no_epoch(self, failed: EpochFailed, now: int) -> None:
        for connection in self._awaiting_epoch.pop(failed.account, []):
            self._refuse(connection, Refusal(RefuseWhy.NOT_READY, f"the store gave no epoch: {failed.reason}"), now)

    def _open_account(self, taken: EpochTaken, now: int) -> None:
        waiting = [one for one in self._awaiting_epoch.pop(taken.account, []) if one.peer.state is State.ASKING]
        self._refuse_unwanted(waiting, now)
        if waiting and not any(one.peer.state is State.ASKING for one in waiting):
            return  # another account was pinned meanwhile
        try:
            account = Account(
                taken,
                self.settings,
                config_digest=self.config_digest,
                outbox=self.outbox,
                counters=self.counters,
                log=self._log,
                zone=self._zone,
                keep=self._keep,
            )
        except DtmsError as error:  # an epoch that no command id has room for
            self._awaiting_epoch[taken.account] = waiting
            self._no_epoch(EpochFailed(taken.account, str(error)), now)
            return
        self.accounts[taken.account] = account
        for connection in waiting:
            if connection.logon is not None:
                self._welcome_guarded(connection, account, connection.logon, now)

    def _refuse_unwanted(self, waiting: list[Connection], now: int) -> None:
        for connection in waiting:
            if connection.logon is not None and (refusal := self.gate.judge(connection.logon)) is not None:
                self._refuse(connection, refusal, now)

    def _welcome_guarded(self, connection: Connection, account: Account, logon: Logon, now: int) -> None:
        try:
            self._welcome(connection, account, logon, now)
        except Exception as error:  # noqa: BLE001 - the edge (R26)
            self._defect(connection.peer, b"", error, now)

    def _welcome(self, connection: Connection, account: Account, logon: Logon, now: int) -> None:
        # Under CURVE nobody else reads this; the terminal stirs it into what its keys are made from.
        entropy = "" if self._router.door is None else secrets.token_hex(32)
        answer = account.welcome(connection.peer, logon, now, entropy=entropy)
        if isinstance(answer, Refusal):
            self._refuse(connection, answer, now)
        else:
            self.gate.welcomed(logon)
            connection.account, connection.link = account, answer

    def _refuse(self, connection: Connection, refusal: Refusal, now: int) -> None:
        if connection.peer.state is not State.ASKING:
            return
        link = self.settings.link
        retry_s = link.retry_soon_s if refusal.why in _SOON else link.retry_refused_s
        detail = refusal.detail[:_DETAIL_MAX]
        connection.peer.refuse(LogonRefused(why=refusal.why, detail=detail, retry_s=retry_s), now)
        self.refused.append(detail)
        self._log.add("!", "refused", why=refusal.why.name.lower(), detail=detail)

    def _refuse_late(self, now: int) -> None:
        if not self._awaiting_epoch:
            return
        for waiting in self._awaiting_epoch.values():
            for connection in waiting:
                if now - connection.asked_at >= self.settings.link.down_after_ms:
                    self._refuse(connection, Refusal(RefuseWhy.NOT_READY, "the store has not given an epoch yet"), now)

    # Looks that are due

    def _look(self, account: Account, now: int, utc: int) -> bool:
        if now < self._rests.get(account.key, now):
            return False
        try:
            account.advance(now, utc)
            return self._check(account, now, utc)
        except Exception as error:  # noqa: BLE001 - the edge: one account's failure is its own
            self._account_defect(account, error, now)
            return False

    def _check(self, account: Account, now: int, utc: int) -> bool:
        began = self._elapsed()
        while account.next_check(now, utc):
            if self._elapsed() - began >= self.settings.desk.check_slice_ms:
                return True
        return False


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
