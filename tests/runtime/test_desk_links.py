"""Who may log on, in which role, what cuts and restarts do, and what bad frames lead to; over real loopback sockets."""

from collections.abc import Iterator

import pytest
from tests.runtime.bench import Bench, Wire, acting, bench
from tests.session.made import position, tick
from tests.session.terminal_side import TerminalSide

from dtms.names import Outcome, RefuseWhy, Role, TradeMode
from dtms.settings import AccountSettings, DeskSettings

AT_ONE_R = tick(1.10101)


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(acting(desk=DeskSettings(check_ms=100))) as made:
        yield made


def terminal(**values: object) -> TerminalSide:
    return TerminalSide(positions={1: position(1)}, **values)  # type: ignore[arg-type]


# R07: which account


@pytest.mark.parametrize(
    ("account", "side", "why"),
    [
        pytest.param(AccountSettings(login=5), terminal(), RefuseWhy.WRONG_ACCOUNT, id="another-login"),
        pytest.param(AccountSettings(server="Other"), terminal(), RefuseWhy.WRONG_SERVER, id="another-server"),
        pytest.param(AccountSettings(), terminal(trade_mode=TradeMode.REAL), RefuseWhy.REAL_NOT_ALLOWED, id="real"),
        pytest.param(AccountSettings(login=1001), terminal(trade_mode=TradeMode.REAL), RefuseWhy.REAL_NOT_ALLOWED, id="real-named"),
        pytest.param(AccountSettings(), terminal(login=0), RefuseWhy.NOT_READY, id="no-account-yet"),
    ],
)
def test_an_account_that_is_not_wanted_is_refused_and_the_service_goes_on(
    account: AccountSettings, side: TerminalSide, why: RefuseWhy
) -> None:
    with bench(acting(account=account)) as desk:
        desk.dial(side)
        assert side.refused is not None
        assert side.refused.why is why
        assert desk.desk.refused
        assert not desk.desk.accounts
        allowed = TerminalSide(login=5 if account.login == 5 else 1001, server=account.server or "Demo-Server", nonce=2)
        desk.dial(allowed)
        assert allowed.accepted is not None


def test_a_real_account_that_is_allowed_logs_on() -> None:
    with bench(acting(account=AccountSettings(real_allowed=("1001@Demo-Server",)))) as desk:
        side = terminal(trade_mode=TradeMode.REAL)
        desk.dial(side)

        assert side.accepted is not None


def test_the_first_demo_account_is_pinned_and_another_is_refused(desk: Bench) -> None:
    desk.dial(terminal())
    other = terminal(login=2002, nonce=2)
    desk.dial(other)

    assert desk.desk.gate.pinned == "1001@Demo-Server"
    assert other.refused is not None
    assert other.refused.why is RefuseWhy.WRONG_ACCOUNT


# R23, the epoch of a process


def test_the_epoch_is_above_whatever_the_terminal_has_seen(desk: Bench) -> None:
    side = terminal(highest_epoch=41)
    desk.dial(side)

    assert side.accepted is not None
    assert side.accepted.epoch == 42
    assert "the store is older than the terminal" in desk.account.reign.risk_off(desk.now)


def test_a_terminal_that_obeyed_a_younger_process_ends_our_commands_and_is_not_outbid(desk: Bench) -> None:
    side = terminal()
    wire = desk.dial(side)
    side.highest_epoch = 9
    desk.redial(wire)

    assert side.refused is not None
    assert side.refused.why is RefuseWhy.HIGHER_EPOCH
    assert desk.account.reign.superseded
    assert desk.account.reign.hands() is None


def test_a_stale_epoch_report_ends_our_commands(desk: Bench) -> None:
    side = terminal(failing=Outcome.STALE_EPOCH)
    desk.dial(side)
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()
    desk.pass_time(10_000)

    assert len(side.commands) == 1
    assert desk.account.reign.superseded


# R05, R09: several terminals; more in test_desk_roles


def test_a_second_terminal_under_the_same_name_is_refused_while_the_first_is_alive(desk: Bench) -> None:
    desk.dial(terminal())
    other = terminal(nonce=2)
    desk.dial(other)

    assert other.refused is not None
    assert other.refused.why is RefuseWhy.DUPLICATE_INSTANCE


def test_a_later_life_of_the_terminal_takes_over_at_once_as_manager(desk: Bench) -> None:
    desk.dial(terminal())
    later = terminal(nonce=2, boot=2)
    desk.dial(later)

    assert later.accepted is not None
    assert later.accepted.role is Role.MANAGER
    assert not later.accepted.resume
    assert list(desk.account.links.by_nonce) == [2]


def test_a_terminal_without_a_common_version_is_an_observer_and_never_commanded(desk: Bench) -> None:
    side = terminal()
    wire = Wire(desk.context, side)
    desk.wires.append(wire)
    wire.dial(desk.router.address, desk.now)
    side.connect(desk.now, protocol_min=2, protocol_max=3)
    desk.pump()
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()

    assert side.accepted is not None
    assert side.accepted.role is Role.OBSERVER
    assert side.commands == []
