"""
The desk: the one place where anything changes.

``step`` is an ordinary method: drain the inbox and the socket in bounded batches, let time pass, send what is to be sent, publish
a picture. Whoever calls it brings the time; in the service that is the thread of ``service.py``, in tests the test.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from dtms.engine.signals.regime import Zone
from dtms.errors import LinkLost
from dtms.names import LogoutWhy, OnSilence
from dtms.runtime.account import Account
from dtms.runtime.asks import AskClose, Asks
from dtms.runtime.counters import Counters
from dtms.runtime.decisions import Entry
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
from dtms.store.journal import Acknowledgement, CommitFailed, Committed, EpochFailed, EpochTaken, Journal

_PIECE_MS: Final = 2  # one check more, and the fraction of a millisecond that the clock does not tell
_REST_MS: Final = 1_000  # an account on which our own code failed is looked at again after this


class Stop(NamedTuple):
    """Take leave of the terminals, which then carry out ``plan``, and end."""

    plan: OnSilence


class ConfirmPoison(NamedTuple):
    """The user has seen the bad frames of an account."""

    account: str


Item = Acknowledgement | Stop | ConfirmPoison | AskClose


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
        self.outbox = Outbox(journal, settings.link, log)
        self.stopped = False
        self._asks = Asks(self.accounts, settings.mode, log)
        self._router = router
        self._inbox = inbox
        self._log = log
        self._zone = zone  # of the sessions' hours
        self._keep = keep  # decisions with their proofs
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
        """Do what there is to do; return whether something may be left that must not wait for the next poll."""
        self._read_inbox(now, utc)
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
            self._log.error("defect", cause=error, item=type(item).__name__, why=_why(error))

    def _carry_out(self, item: Item, now: int, utc: int) -> None:
        match item:
            case EpochTaken():
                self._reception.opened(item, now)
            case EpochFailed():
                self._reception.no_epoch(item, now)
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
            account.trader.orders.release(release, now, utc)
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
            keep=self._keep,
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
