"""Which accounts get in and how many, and what is kept of them: pins, names of terminals, symbols."""

from collections.abc import Iterator

import pytest
from tests.runtime.bench import ANY_PORT, Bench, acting, bench
from tests.session.made import position
from tests.session.terminal_side import TerminalSide

from dtms.errors import WireError
from dtms.names import Permission, RefuseWhy, RejectWhy, TradeMode
from dtms.runtime.desk import ConfirmPoison
from dtms.session.poison import BadFrame
from dtms.settings import AccountSettings, LinkSettings
from dtms.store.journal import EpochFailed, EpochTaken, MemoryJournal


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(acting()) as made:
        yield made


def terminal(**values: object) -> TerminalSide:
    return TerminalSide(positions={1: position(1)}, **values)  # type: ignore[arg-type]


class RefusingJournal(MemoryJournal):
    """A store that gives no epoch, or does not answer."""

    def __init__(self, *, silent: bool = False) -> None:
        super().__init__()
        self._silent = silent

    def take_epoch(self, account: str, seen: int) -> None:
        if not self._silent:
            self._acknowledge(EpochFailed(account, f"seen {seen}"))


def test_with_a_login_configured_the_first_server_that_is_welcomed_is_the_only_one_and_nothing_is_pinned() -> None:
    with bench(acting(account=AccountSettings(login=1001))) as desk:
        desk.dial(terminal())
        other = terminal(server="Another", nonce=2)
        desk.dial(other)

        assert other.refused is not None
        assert other.refused.why is RefuseWhy.WRONG_SERVER
        assert list(desk.desk.accounts) == ["1001@Demo-Server"]
        assert desk.desk.gate.pinned is None


def test_a_real_account_that_is_allowed_is_not_pinned_and_a_demo_account_may_come_beside_it() -> None:
    with bench(acting(account=AccountSettings(real_allowed=("1001@Demo-Server",)))) as desk:
        real = terminal(trade_mode=TradeMode.REAL)
        wire = desk.dial(real)
        assert desk.desk.gate.pinned is None
        demo = terminal(login=2002, nonce=2)
        desk.dial(demo)
        desk.redial(wire)

        assert demo.accepted is not None
        assert desk.desk.gate.pinned == "2002@Demo-Server"
        assert real.accepted is not None


def test_an_account_whose_logon_is_refused_is_not_pinned() -> None:
    with bench(acting(), RefusingJournal()) as desk:
        side = terminal()
        desk.dial(side)

        assert side.refused is not None
        assert desk.desk.gate.pinned is None


def test_two_demo_accounts_that_ask_at_the_same_time_do_not_both_get_in() -> None:
    journal = RefusingJournal(silent=True)
    with bench(acting(), journal) as desk:
        sides = [terminal(), terminal(login=2002, nonce=2)]
        for side in sides:
            desk.dial_only(side)
        desk.pump()
        for key in ("1001@Demo-Server", "2002@Demo-Server"):
            desk.inbox.put(EpochTaken(key, 1, store_older=False))
        desk.pump()

        assert sides[0].accepted is not None
        assert sides[1].refused is not None
        assert list(desk.desk.accounts) == ["1001@Demo-Server"]


def test_the_number_of_accounts_is_bounded() -> None:
    settings = acting(account=AccountSettings(server="Demo-Server"), link=LinkSettings(bind=ANY_PORT, max_accounts=3))
    with bench(settings) as desk:
        sides = [terminal(login=n, nonce=n) for n in range(1, 6)]
        for side in sides:
            desk.dial(side)

        assert len(desk.desk.accounts) == 3
        assert [side.refused is None for side in sides] == [True, True, True, False, False]


def test_a_permission_bit_of_a_later_version_does_not_take_the_others_away(desk: Bench) -> None:
    side = terminal(permissions=Permission(1 << 20 | int(sum(Permission))))
    desk.dial(side)

    assert desk.account.reign.obstacle() is None


def test_names_that_alarmed_are_bounded_and_the_alarm_stays(desk: Bench) -> None:
    desk.dial(terminal())
    links = desk.account.links
    for number in range(60):
        log = links.poison_of(f"chart-x{number}")
        for at in range(3):
            log.add(BadFrame(at, b"?", WireError(RejectWhy.MALFORMED, "x")))

    assert len(links.poison) <= desk.desk.settings.link.max_sessions + 1
    assert "bad frames" in desk.account.reign.risk_off(desk.now)
    desk.inbox.put(ConfirmPoison(desk.account.key))
    desk.pump()
    assert "bad frames" not in desk.account.reign.risk_off(desk.now)


def test_symbols_that_only_positions_named_go_with_them(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    for number in range(10, 40):
        side.opened(position(number, symbol=f"X{number}"), desk.now)
        side.closed(number, desk.now)
    desk.pump()

    assert list(desk.account.book.symbols) == ["EURUSD"]
