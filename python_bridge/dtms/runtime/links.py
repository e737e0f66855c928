"""The terminals of one account: their connections, their sessions, and which of them is the manager (R06, R09)."""

from dataclasses import dataclass, field
from typing import Final

from dtms.names import Permission, RefuseWhy, Role
from dtms.runtime.gate import Refusal
from dtms.session.peer import Peer
from dtms.session.poison import PoisonLog
from dtms.session.session import Session
from dtms.session.states import State
from dtms.settings import LinkSettings
from dtms.wire.messages import PROTOCOL_VERSION, Logon

ALL_PERMISSIONS = Permission(sum(Permission))
_ALL_OTHERS: Final = ""  # no terminal has this name; those for which there is no room share a record


@dataclass(slots=True, eq=False)
class Link:
    """A terminal that is or was logged on; ``left_at`` is monotonic ms once its connection is gone."""

    peer: Peer
    session: Session
    logon: Logon
    role: Role
    permissions: Permission
    hands_off: bool
    left_at: int | None = None

    @property
    def up(self) -> bool:
        """Whether it can be talked to."""
        return self.peer.state is State.UP


@dataclass(slots=True)
class Tenure:
    """Who manages the account, and when it was last heard; it lasts beyond the connection (R09)."""

    nonce: int
    instance_id: str
    heard_at: int


@dataclass(slots=True)
class Links:
    """All terminals of the account by their session's nonce."""

    settings: LinkSettings
    by_nonce: dict[int, Link] = field(default_factory=dict)
    poison: dict[str, PoisonLog] = field(default_factory=dict)
    tenure: Tenure | None = None

    def manager(self) -> Link | None:
        """Return the manager's link, up or not."""
        return None if self.tenure is None else self.by_nonce.get(self.tenure.nonce)

    @property
    def hands_off(self) -> bool:
        """Whether hands off is pressed at any terminal of the account; one that vanished has not taken it back."""
        return any(link.hands_off for link in self.by_nonce.values())

    def poison_of(self, instance_id: str) -> PoisonLog:
        """Return the terminal's record of bad frames."""
        log = self.poison.get(instance_id)
        if log is not None:
            return log
        if len(self.poison) >= self.settings.max_sessions:  # names are the terminals' choice: keep those that matter
            present = {link.logon.instance_id for link in self.by_nonce.values()}
            self.poison = {name: kept for name, kept in self.poison.items() if kept.alarm or name in present}
        name = instance_id if len(self.poison) < self.settings.max_sessions else _ALL_OTHERS
        return self.poison.setdefault(name, PoisonLog(self.settings))

    def objection(self, logon: Logon, now: int) -> Refusal | None:
        """Return why a terminal cannot be taken beside the others."""
        if len(self.by_nonce) >= self.settings.max_sessions and logon.nonce not in self.by_nonce:
            self._forget_oldest()
        if len(self.by_nonce) >= self.settings.max_sessions and logon.nonce not in self.by_nonce:
            return Refusal(RefuseWhy.NOT_READY, f"{self.settings.max_sessions} terminals are logged on to this account")
        for other in self._same_instance(logon):
            younger = logon.boot > other.logon.boot
            lively = other.up and now - other.peer.heard_at < self.settings.test_after_ms
            if lively and not younger:
                return Refusal(RefuseWhy.DUPLICATE_INSTANCE, f"another terminal is logged on as {logon.instance_id}")
        return None

    def earlier_lives(self, logon: Logon) -> list[Link]:
        """Return the earlier lives of the same terminal."""
        return self._same_instance(logon)

    def role_for(self, logon: Logon, now: int) -> Role:
        """Return what the terminal is to the account; taking the manager's place is recorded."""
        if not logon.protocol_min <= PROTOCOL_VERSION <= logon.protocol_max:
            return Role.OBSERVER
        tenure = self.tenure
        same = tenure is not None and (tenure.nonce == logon.nonce or tenure.instance_id == logon.instance_id)
        if tenure is None or same or self.vacant(now):
            self.tenure = Tenure(logon.nonce, logon.instance_id, now)
            return Role.MANAGER
        return Role.FEED

    def vacant(self, now: int) -> bool:
        """Return whether the manager has been silent for so long that its lease plans have acted and ended."""
        if self.tenure is None:
            return True
        link = self.manager()
        if link is not None and link.left_at is None:
            self.tenure.heard_at = max(self.tenure.heard_at, link.peer.heard_at)
        wait_s = self.settings.grace_s + self.settings.successor_extra_s
        return now - self.tenure.heard_at >= wait_s * 1_000

    def successor(self, now: int) -> Link | None:
        """Return the feed that becomes the manager now, if the place is vacant; it is recorded."""
        if self.tenure is not None and not self.vacant(now):
            return None
        for link in self.by_nonce.values():
            if link.up and link.role is Role.FEED:
                self.tenure = Tenure(link.session.nonce, link.logon.instance_id, now)
                return link
        return None

    def forget_old(self, now: int) -> None:
        """Forget sessions that have been without a connection for too long to be resumed; hands off outlasts that."""
        limit = self.settings.keep_session_s * 1_000
        gone = [(nonce, link) for nonce, link in self.by_nonce.items() if link.left_at is not None and now - link.left_at > limit]
        for nonce, link in gone:
            if not link.hands_off:
                del self.by_nonce[nonce]

    def _forget_oldest(self) -> None:
        gone = [link for link in self.by_nonce.values() if link.left_at is not None]
        if gone:
            oldest = min(gone, key=lambda link: link.left_at or 0)
            del self.by_nonce[oldest.session.nonce]

    def _same_instance(self, logon: Logon) -> list[Link]:
        return [x for x in self.by_nonce.values() if x.logon.instance_id == logon.instance_id and x.session.nonce != logon.nonce]
