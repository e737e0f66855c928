"""
The desk: the one place where anything changes.

``step`` is an ordinary method: drain the inbox and the socket in bounded batches, let time pass, send what is to be sent, publish
a picture. Whoever calls it brings the time; in the service that is the thread of ``service.py``, in tests the test.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from dtms.errors import LinkLost
from dtms.names import LogoutWhy, OnSilence, RefuseWhy
from dtms.runtime.account import Account
from dtms.runtime.asks import AskClose, Asks
from dtms.runtime.counters import Counters
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
        self, router: Router, inbox: Inbox[Item], journal: Journal, settings: Settings, *, log: Log, elapsed: Callable[[], int]
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
        self._elapsed = elapsed  # ms of a running clock, to end a slice of work in time; nothing is decided by it
        self._connections: dict[bytes, Connection] = {}
        self._awaiting_epoch: dict[str, list[Connection]] = {}

    @property
    def reconciled(self) -> bool:
        """Whether the positions of an account are known."""
        return any(account.view_known for account in self.accounts.values())

    def step(self, now: int, utc: int) -> bool:
        """Do what there is to do; return whether something may be left that must not wait for the next poll."""
        self._read_inbox(now, utc)
        more = self._read_socket(now, utc)
        self._read_inbox(now, utc)  # a store in memory has answered by now
        self._flush(now, utc)  # what follows from what came goes out before anything else is looked at
        for connection in tuple(self._connections.values()):
            self._dispatch(connection, connection.peer.advance(now, utc), now, utc)
        self._refuse_late(now)
        for release in self.outbox.advance(now):
            self._release(release, now, utc)
        for account in self.accounts.values():
            account.advance(now, utc)
        more = self._check(now, utc) or more
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
        match item:
            case EpochTaken():
                self._open_account(item, now)
            case EpochFailed(account, reason):
                for connection in self._awaiting_epoch.pop(account, []):
                    self._refuse(connection, Refusal(RefuseWhy.NOT_READY, f"the store gave no epoch: {reason}"), now)
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
        self.accounts[release.account].trader.release(release, now, utc)

    def _stop(self, plan: OnSilence, now: int, utc: int) -> None:
        for connection in self._connections.values():
            if connection.peer.state is State.UP:
                connection.peer.logout(LogoutWhy.SHUTDOWN, plan, now)
        self._flush(now, utc)
        self.stopped = True

    # The socket

    def _read_socket(self, now: int, utc: int) -> bool:
        limit, receive, connections = self.settings.desk.batch_frames, self._router.receive, self._connections
        touched: dict[bytes, Connection] = {}
        read = 0
        while read < limit and (arrival := receive()) is not None:
            read += 1
            connection = connections.get(arrival.identity)
            if connection is None:
                connection = connections[arrival.identity] = Connection(
                    arrival.identity, Peer(self.settings.link, self.counters.bridge)
                )
            touched[arrival.identity] = connection
            self._arrived(connection, arrival, now, utc)
        for connection in touched.values():
            connection.peer.end_batch(now)
        return read == limit

    def _arrived(self, connection: Connection, arrival: Arrival, now: int, utc: int) -> None:
        if arrival.fault is None:
            events = connection.peer.receive(arrival.data, now, utc)
        else:
            events = connection.peer.receive_bad(arrival.fault, arrival.data, now)
        self._dispatch(connection, events, now, utc)

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
        waiting = self._awaiting_epoch.setdefault(key, [])
        waiting.append(connection)
        if len(waiting) == 1:
            self._journal.take_epoch(key, logon.highest_epoch_seen)

    def _open_account(self, taken: EpochTaken, now: int) -> None:
        account = Account(
            taken,
            self.settings,
            config_digest=self.config_digest,
            outbox=self.outbox,
            counters=self.counters,
            log=self._log,
        )
        self.accounts[taken.account] = account
        for connection in self._awaiting_epoch.pop(taken.account, []):
            if connection.peer.state is State.ASKING and connection.logon is not None:
                self._welcome(connection, account, connection.logon, now)

    def _welcome(self, connection: Connection, account: Account, logon: Logon, now: int) -> None:
        answer = account.welcome(connection.peer, logon, now)
        if isinstance(answer, Refusal):
            self._refuse(connection, answer, now)
        else:
            connection.account, connection.link = account, answer

    def _refuse(self, connection: Connection, refusal: Refusal, now: int) -> None:
        if connection.peer.state is not State.ASKING:
            return
        link = self.settings.link
        retry_s = link.retry_soon_s if refusal.why in _SOON else link.retry_refused_s
        connection.peer.refuse(LogonRefused(why=refusal.why, detail=refusal.detail, retry_s=retry_s), now)
        self.refused.append(refusal.detail)
        self._log.add("!", "refused", why=refusal.why.name.lower(), detail=refusal.detail)

    def _refuse_late(self, now: int) -> None:
        if not self._awaiting_epoch:
            return
        for waiting in self._awaiting_epoch.values():
            for connection in waiting:
                if now - connection.asked_at >= self.settings.link.down_after_ms:
                    self._refuse(connection, Refusal(RefuseWhy.NOT_READY, "the store has not given an epoch yet"), now)

    # Looks that are due

    def _check(self, now: int, utc: int) -> bool:
        for account in self.accounts.values():
            began = self._elapsed()
            while account.trader.next_check(now, utc):
                if self._elapsed() - began >= self.settings.desk.check_slice_ms:
                    return True
        return False
