"""Building the pictures of ``snapshots`` from the desk's state; called by the desk's thread."""

from types import MappingProxyType

from dtms.runtime.account import Account
from dtms.runtime.desk import Desk
from dtms.runtime.links import Link
from dtms.runtime.restarts import Beat
from dtms.runtime.snapshots import AccountView, MarketView, ServiceView, TerminalView


def picture(desk: Desk, state: str, address: str, *, now: int, utc: int, beat: Beat) -> ServiceView:
    """Return everything at this moment."""
    return ServiceView(
        utc=utc,
        state=state,
        mode=desk.settings.mode,
        address=address,
        config_digest=desk.config_digest,
        accounts=tuple(_account(account, now) for account in desk.accounts.values()),
        counters=MappingProxyType(desk.counters.values()),
        pinned=desk.gate.pinned,
        refused=desk.refused,
        store_failed=desk.outbox.store_failed,
        beat=beat,
    )


def _account(account: Account, now: int) -> AccountView:
    links = account.links
    first = next(iter(links.by_nonce.values()), None)
    return AccountView(
        key=account.key,
        currency="" if first is None else first.logon.currency,
        company="" if first is None else first.logon.company,
        epoch=account.reign.epoch,
        view_known=account.view_known,
        superseded=account.reign.superseded,
        terminals=tuple(_terminal(account, link, now) for link in links.by_nonce.values()),
        trades=tuple(account.book),
        markets=tuple(MarketView(s.name, s.quote(), s.spec) for s in account.book.symbols.values()),
        figures=account.standings.figures,
        commands_under_way=len(account.trader.commands),
        risk_off=account.reign.risk_off(now),
    )


def _terminal(account: Account, link: Link, now: int) -> TerminalView:
    logon = link.logon
    return TerminalView(
        instance_id=logon.instance_id,
        session=link.session.nonce,
        boot=logon.boot,
        role=link.role,
        state=link.peer.state.value,
        ea_version=logon.ea_version,
        terminal_build=logon.terminal_build,
        permissions=link.permissions,
        hands_off=link.hands_off,
        utc_offset_s=link.session.offset_s,
        silent_ms=now - link.peer.heard_at,
        longest_beat_gap_ms=link.peer.longest_beat_gap(now),
        longest_own_beat_gap_ms=link.peer.longest_own_beat_gap(now),
        poison_alarm=account.links.poison_of(logon.instance_id).alarm,
        quotes_sent=link.session.ticks_sent,
    )
