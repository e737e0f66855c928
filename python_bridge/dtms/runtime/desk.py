"""
The desk: the one place where anything changes.

``step`` is an ordinary method: drain the inbox and the socket in bounded batches, let time pass, send what is to be sent, publish
a picture. Whoever calls it brings the time; in the service that is the thread of ``service.py``, in tests the test.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from dtms.engine.signals.regime import Zone
from dtms.errors import LinkLost, StoreTaken
from dtms.names import LogoutWhy, OnSilence
from dtms.runtime.account import Account
from dtms.runtime.asks import AskClose, Asks
from dtms.runtime.counters import Counters
from dtms.runtime.gate import Gate
from dtms.runtime.inbox import Inbox
from dtms.runtime.log import Log
from dtms.runtime.outbox import Outbox, Release
from dtms.runtime.reception import Connection, Reception
from dtms.runtime.transport import Arrival, Router
from dtms.session.events import Event, LogonReceived
from dtms.session.peer import Peer
from dtms.session.states import State
from dtms.settings import Settings, digest
from dtms.store.journal import (
    Acknowledgement,
    BackupFailed,
    BackupMade,
    CommitFailed,
    Committed,
    Deposed,
    EpochFailed,
    EpochTaken,
    EvidenceLost,
    Journal,
    Proved,
    Quarantined,
)
from dtms.witness.client import Witness
from dtms.witness.testimony import Silent, Testimony

_PIECE_MS: Final = 2  # one check more, and the fraction of a millisecond that the clock does not tell
_REST_MS: Final = 1_000  # an account on which our own code failed is looked at again after this


class Stop(NamedTuple):
    """Take leave of the terminals, which then carry out ``plan`` (None: what the account's settings say), and end."""

    plan: OnSilence | None = None


class ConfirmPoison(NamedTuple):
    """The user has seen the bad frames of an account."""

    account: str


class ConfirmAuthority(NamedTuple):
    """The user says that nobody else commands an account any more."""

    account: str


Item = Acknowledgement | Stop | ConfirmPoison | ConfirmAuthority | AskClose | Testimony | Silent


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
        witness: Witness | None = None,
    ) -> None:
        self.settings = settings
        self.config_digest = digest(settings)
        self.counters = Counters()
        self.gate = Gate(settings.account)
        self.accounts: dict[str, Account] = {}
        self.outbox = Outbox(journal, settings.link, log)
        self.stopped = False
        self._journal = journal
        self._pause_ms = settings.store.takeover_ms // 2  # of our own; within it nobody has taken the store over
        self._stepped_at: int | None = None
        self._doubted_at: int | None = None  # since then it is not sure that the store is ours
        self._asks = Asks(self.accounts, settings.mode, log)
        self._router = router
        self._inbox = inbox
        self._log = log
        self._zone = zone  # of the sessions' hours
        self._witness = witness
        self._elapsed = elapsed  # the clock that ``now`` was read from, in ms
        self._connections: dict[bytes, Connection] = {}
        self._reception = Reception(
            self.accounts,
            self.gate,
            journal,
            settings.link,
            open_account=self._open,
            defect=self._defect,
            curve=router.door is not None,
            log=log,
        )
        self._turn = 0  # which account is looked at first
        self._rests: dict[str, int] = {}  # accounts on which our own code failed, until when

    @property
    def refused(self) -> tuple[str, ...]:
        """The last reasons for which terminals were not taken."""
        return tuple(self._reception.refused)

    @property
    def reconciled(self) -> bool:
        """Whether the positions of an account are known."""
        return any(account.view_known for account in self.accounts.values())

    def step(self, now: int, utc: int) -> bool:
        """
        Do what there is to do; return whether something may be left that must not wait for the next poll.

        Raises:
            StoreTaken: Another process has taken the store over; the terminals have been told to go on without this one.
        """
        self._read_inbox(now, utc)
        if self._doubtful(now, utc):
            return False
        more = self._read_socket(now, utc)
        now = max(now, self._elapsed())  # nothing below happens before what was read
        self._read_inbox(now, utc)  # a store in memory has answered by now
        self._flush(now, utc)  # what follows from what came goes out before anything else is looked at
        for connection in tuple(self._connections.values()):
            self._advance(connection, now, utc)
        self._reception.refuse_late(now)
        more = self._look_at_all(now, utc) or more
        for release in self.outbox.advance(now):
            self._release(release, now, utc)
        if self.outbox.incomplete and self.outbox.store_failed is None:
            self.outbox.incomplete = False
            for account in tuple(self.accounts.values()):
                account.rewrite()
        self._read_inbox(now, utc)
        self._flush(now, utc)
        return more

    def _doubtful(self, now: int, utc: int) -> bool:
        """Return whether this process may have been stopped for so long that another one has taken its place."""
        paused = self._stepped_at is not None and now - self._stepped_at > self._pause_ms
        self._stepped_at = now
        if paused:
            self._doubted_at = now
            try:
                self._journal.prove()
            except Exception as error:  # noqa: BLE001 - the seam to the store: a failed one does not keep us from protecting (R17)
                self._log.error("defect", cause=error, why=_why(error))
            self._read_inbox(now, utc)
        return self._doubted_at is not None and now - self._doubted_at < self.settings.link.store_slow_ms

    # The inbox

    def _read_inbox(self, now: int, utc: int) -> None:
        while (item := self._inbox.take()) is not None:
            match item:
                case Committed(token):
                    release = self.outbox.committed(token)
                case CommitFailed(token, reason, trouble):
                    self._log.error("store", why=reason, trouble=trouble.value)
                    release = self.outbox.failed(token, reason, trouble)
                case Deposed(holder):
                    self._log.error("deposed", holder=holder)
                    self._stop(None, now, utc)
                    raise StoreTaken(holder)
                case Proved():
                    self._doubted_at = None
                    continue
                case _:
                    self._take_item(item, now, utc)
                    continue
            if release is not None:
                self._release(release, now, utc)

    def _take_item(self, item: Item, now: int, utc: int) -> None:
        try:
            self._carry_out(item, now, utc)
        except Exception as error:  # noqa: BLE001 - the edge: what one item asks must not end the desk
            self._log.error("defect", cause=error, item=type(item).__name__, why=_why(error))

    def _carry_out(self, item: Item, now: int, utc: int) -> None:
        match item:
            case EpochTaken():
                self._reception.opened(item, now)
            case EpochFailed():
                self._reception.no_epoch(item, now)
            case AskClose():
                self._asks.take(item, now, utc)
            case Stop(plan):
                self._stop(plan, now, utc)
            case ConfirmPoison(key) | ConfirmAuthority(key) if key in self.accounts:
                self._confirmed(item, self.accounts[key])
            case Testimony() | Silent() if item.ask.account in self.accounts:
                self.accounts[item.ask.account].witnessed(item)
            case _:
                self._store_told(item)

    def _confirmed(self, item: ConfirmPoison | ConfirmAuthority, account: Account) -> None:
        if isinstance(item, ConfirmAuthority):
            account.confirm_authority()
            return
        for log in account.links.poison.values():
            log.confirm()

    def _store_told(self, item: Item) -> None:
        match item:
            case Quarantined(aside, restored, why):
                self._log.error("store_quarantined", aside=aside, restored=restored, why=why)
                for account in self.accounts.values():
                    account.distrust_store()
            case BackupMade(path):
                self._log.add("=", "backup", path=path)
            case BackupFailed(why, trouble):
                self._log.error("no_backup", why=why, trouble=trouble.value)
            case EvidenceLost(lines, why):
                self._log.error("decisions_lost", lines=lines, why=why)
            case _:
                pass

    def _release(self, release: Release, now: int, utc: int) -> None:
        account = self.accounts[release.account]
        try:
            account.trader.orders.release(release, now, utc)
        except Exception as error:  # noqa: BLE001 - the edge: one account's failure is its own
            self._account_defect(account, error, now)

    def _stop(self, plan: OnSilence | None, now: int, utc: int) -> None:
        self.stopped = True
        for connection in self._connections.values():
            if connection.peer.state is State.UP:
                chosen = OnSilence.HOLD if connection.account is None else connection.account.farewell
                connection.peer.logout(LogoutWhy.SHUTDOWN, plan or chosen, now)
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
        self._log.error("defect", cause=error, why=why)
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
            self._log.error("defect", cause=error, account=account.key, why=_why(error))

    def _dispatch(self, connection: Connection, events: list[Event], now: int, utc: int) -> None:
        account, link = connection.account, connection.link
        if account is not None and link is not None:
            for event in events:
                account.take(link, event, now, utc)
            return
        for event in events:
            if isinstance(event, LogonReceived):
                self._reception.logon(connection, event.logon, now)

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

    def _open(self, taken: EpochTaken) -> Account:
        return Account(
            taken,
            self.settings,
            config_digest=self.config_digest,
            outbox=self.outbox,
            counters=self.counters,
            log=self._log,
            zone=self._zone,
            witness=self._witness,
        )

    # Looks that are due

    def _look_at_all(self, now: int, utc: int) -> bool:
        """Look at every account; the time for checks is one for all, so each is the first in its turn."""
        accounts = tuple(self.accounts.values())
        first = self._turn % max(len(accounts), 1)
        self._turn += 1
        order = (*accounts[first:], *accounts[:first])
        for account in order:
            self._guarded(account, now, partial(account.advance, now, utc))
        until = self._elapsed() + self.settings.desk.check_slice_ms - _PIECE_MS
        more = False
        for at, account in enumerate(order):
            if at and self._elapsed() >= until:
                return True
            more = self._guarded(account, now, partial(self._check, account, now, utc, until)) or more
        return more

    def _guarded(self, account: Account, now: int, look: Callable[[], bool | None]) -> bool:
        if now < self._rests.get(account.key, now):
            return False
        try:
            return bool(look())
        except Exception as error:  # noqa: BLE001 - the edge: one account's failure is its own
            self._account_defect(account, error, now)
            return False

    def _check(self, account: Account, now: int, utc: int, until: int) -> bool:
        """Make checks up to this time, one at least; return whether more may be due."""
        while account.next_check(now, utc):
            if self._elapsed() >= until:
                return True
        return False


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
