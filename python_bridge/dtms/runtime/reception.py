"""Who asks to log on: the gate, an epoch from the store, the account that is opened with it."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dtms.errors import DtmsError
from dtms.names import RefuseWhy
from dtms.runtime.account import Account
from dtms.runtime.gate import Gate, Refusal, account_key
from dtms.runtime.links import Link
from dtms.runtime.log import Log
from dtms.session.peer import Peer
from dtms.session.states import State
from dtms.settings import LinkSettings
from dtms.store.journal import EpochFailed, EpochTaken, Journal
from dtms.wire.messages import Logon, LogonRefused

_REFUSED_KEPT: Final = 16
_DETAIL_MAX: Final = 512  # Text of the wire
_SOON: Final = frozenset({RefuseWhy.NOT_READY, RefuseWhy.DUPLICATE_INSTANCE})  # causes that pass by themselves

Open = Callable[[EpochTaken], Account]
Defect = Callable[[Peer, bytes, Exception, int], None]


@dataclass(slots=True, eq=False)
class Connection:
    """A peer of the socket; ``account`` and ``link`` are there once it is logged on."""

    identity: bytes
    peer: Peer
    asked_at: int = 0
    logon: Logon | None = None
    account: Account | None = None
    link: Link | None = None


class Reception:
    """
    Takes or refuses whoever asks; ``accounts`` are those that are open, ``refused`` the last reasons.

    Under ``curve`` the answer carries what the terminal stirs into its keys.
    """

    def __init__(
        self,
        accounts: dict[str, Account],
        gate: Gate,
        journal: Journal,
        link: LinkSettings,
        *,
        open_account: Open,
        defect: Defect,
        curve: bool,
        log: Log,
    ) -> None:
        self.refused: deque[str] = deque(maxlen=_REFUSED_KEPT)
        self._accounts = accounts
        self._gate = gate
        self._journal = journal
        self._link = link
        self._open = open_account
        self._defect = defect
        self._curve = curve
        self._log = log
        self._awaiting_epoch: dict[str, list[Connection]] = {}

    def logon(self, connection: Connection, logon: Logon, now: int) -> None:
        """Take that a peer asks to log on."""
        connection.logon = logon
        refusal = self._gate.judge(logon)
        if refusal is not None:
            self._refuse(connection, refusal, now)
            return
        key = account_key(logon)
        account = self._accounts.get(key)
        if account is not None:
            self._welcome(connection, account, logon, now)
            return
        connection.asked_at = now
        if key in self._awaiting_epoch:
            asking = [one for one in self._awaiting_epoch[key] if one.peer.state is State.ASKING]
            self._awaiting_epoch[key] = [*asking, connection]
            return
        most = self._link.max_accounts
        if len(self._accounts) + len(self._awaiting_epoch) >= most:
            self._refuse(
                connection, Refusal(RefuseWhy.WRONG_ACCOUNT, f"this service has {most} accounts; {key} is one too many"), now
            )
            return
        self._awaiting_epoch[key] = [connection]
        try:
            self._journal.take_epoch(key, logon.highest_epoch_seen)
        except Exception as error:  # noqa: BLE001 - the seam to the store: whatever it raises, it gave no epoch
            self._log.error("defect", cause=error, why=_why(error))
            self.no_epoch(EpochFailed(key, _why(error)), now)

    def no_epoch(self, failed: EpochFailed, now: int) -> None:
        """Take that the store gave no epoch."""
        for connection in self._awaiting_epoch.pop(failed.account, []):
            self._refuse(connection, Refusal(RefuseWhy.NOT_READY, f"the store gave no epoch: {failed.reason}"), now)

    def opened(self, taken: EpochTaken, now: int) -> None:
        """Take the epoch that the store gave: the account opens, for those who wait."""
        waiting = [one for one in self._awaiting_epoch.pop(taken.account, []) if one.peer.state is State.ASKING]
        self._refuse_unwanted(waiting, now)
        if waiting and not any(one.peer.state is State.ASKING for one in waiting):
            return  # another account was pinned meanwhile
        try:
            account = self._open(taken)
        except DtmsError as error:  # an epoch that no command id has room for
            self._awaiting_epoch[taken.account] = waiting
            self.no_epoch(EpochFailed(taken.account, str(error)), now)
            return
        self._accounts[taken.account] = account
        for connection in waiting:
            if connection.logon is not None:
                self._welcome_guarded(connection, account, connection.logon, now)

    def _refuse_unwanted(self, waiting: list[Connection], now: int) -> None:
        for connection in waiting:
            if connection.logon is not None and (refusal := self._gate.judge(connection.logon)) is not None:
                self._refuse(connection, refusal, now)

    def _welcome_guarded(self, connection: Connection, account: Account, logon: Logon, now: int) -> None:
        try:
            self._welcome(connection, account, logon, now)
        except Exception as error:  # noqa: BLE001 - the edge (R26)
            self._defect(connection.peer, b"", error, now)

    def _welcome(self, connection: Connection, account: Account, logon: Logon, now: int) -> None:
        # Under CURVE nobody else reads this; the terminal stirs it into what its keys are made from.
        entropy = secrets.token_hex(32) if self._curve else ""
        answer = account.welcome(connection.peer, logon, now, entropy=entropy)
        if isinstance(answer, Refusal):
            self._refuse(connection, answer, now)
        else:
            self._gate.welcomed(logon)
            connection.account, connection.link = account, answer

    def _refuse(self, connection: Connection, refusal: Refusal, now: int) -> None:
        if connection.peer.state is not State.ASKING:
            return
        link = self._link
        retry_s = link.retry_soon_s if refusal.why in _SOON else link.retry_refused_s
        detail = refusal.detail[:_DETAIL_MAX]
        connection.peer.refuse(LogonRefused(why=refusal.why, detail=detail, retry_s=retry_s), now)
        self.refused.append(detail)
        self._log.add("!", "refused", why=refusal.why.name.lower(), detail=detail)

    def refuse_late(self, now: int) -> None:
        """Refuse those for whom the store has taken too long."""
        if not self._awaiting_epoch:
            return
        for waiting in self._awaiting_epoch.values():
            for connection in waiting:
                if now - connection.asked_at >= self._link.down_after_ms:
                    self._refuse(connection, Refusal(RefuseWhy.NOT_READY, "the store has not given an epoch yet"), now)


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
