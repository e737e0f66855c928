"""The terminals of one account: their connections, their sessions, and which of them is the manager (R06, R09)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

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


class Wanted(NamedTuple):
    """What a terminal was asked for: symbols, and minutes of their closed bars."""

    symbols: tuple[str, ...]
    timeframes: tuple[int, ...]


@dataclass(slots=True, eq=False)
class Link:
    """
    A terminal that is or was logged on.

    Attributes:
        left_at: Monotonic ms once its connection is gone.
        has: Symbols whose specification it told of its own accord.
        subscribed: Those that it was asked for; None before the first time.
        told_off: Whether hands off is on at it because we said so; None: we do not know.
    """

    peer: Peer
    session: Session
    logon: Logon
    role: Role
    permissions: Permission
    hands_off: bool
    left_at: int | None = None
    has: set[str] = field(default_factory=set)
    subscribed: Wanted | None = None
    told_off: bool | None = False

    @property
    def up(self) -> bool:
        """Whether it can be talked to."""
        return self.peer.state is State.UP

    def inherit(self, before: "Link | None", *, resume: bool) -> None:
        """Take over what the terminal still holds from an earlier connection; a fresh session begins with nothing told or asked."""
        self.told_off = False if before is None else before.told_off
        if self.hands_off and not self.told_off:
            self.told_off = None
        if before is not None and resume:
            self.has, self.subscribed = before.has, before.subscribed


@dataclass(slots=True)
class Tenure:
    """
    Who manages the account, and when it was last heard; it lasts beyond the connection (R09).

    ``kept_until`` is set while it has taken leave for a moment only. Times are monotonic ms.
    """

    nonce: int
    instance_id: str
    heard_at: int
    kept_until: int | None = None


@dataclass(slots=True)
class Links:
    """All terminals of the account by their session's nonce."""

    settings: LinkSettings
    may_act_until: Callable[[int], int]  # of a life of a terminal by its nonce, monotonic ms
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
        """
        Return whether nobody can act as the manager any more.

        It took leave, or has been silent for so long that its lease plans have acted and ended and what it was asked last is out
        of time. One whose connection counts as up lives, however long ago it was heard: it is busy, or nobody listened.
        """
        tenure = self.tenure
        if tenure is None:
            return True
        if tenure.kept_until is not None:
            return now >= tenure.kept_until
        link = self.manager()
        if link is not None:
            tenure.heard_at = max(tenure.heard_at, link.peer.heard_at)
            if link.up:
                return False
        wait_s = self.settings.grace_s + self.settings.successor_extra_s
        return now - tenure.heard_at >= wait_s * 1_000 and now > self.may_act_until(tenure.nonce)

    def took_leave(self, link: Link, now: int, *, returns: bool) -> None:
        """The manager has logged out: another may follow, at once or when this one does not come back soon."""
        tenure = self.tenure
        if tenure is None or tenure.nonce != link.session.nonce:
            return
        if returns:
            tenure.kept_until = now + self.settings.chart_change_ms
        else:
            self.tenure = None

    def successor(self, now: int) -> Link | None:
        """Return the feed that becomes the manager now, if the place is vacant, one that may trade first; it is recorded."""
        if not self.vacant(now):
            return None
        feeds = [link for link in self.by_nonce.values() if link.up and link.role is Role.FEED]
        heir = min(feeds, key=lambda link: bool(ALL_PERMISSIONS & ~link.permissions), default=None)
        if heir is not None:
            self.tenure = Tenure(heir.session.nonce, heir.logon.instance_id, now)
        return heir

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
