"""When the market closes for long, as the desk sees it: tables that are sent anew, holidays, a server's clock that changes."""

from typing import Any

from tests.runtime.bench import UTC, acting
from tests.runtime.defended import ALWAYS, FULL, Defended, defended
from tests.session.made import OFFSET_S, spec

from dtms.engine.defence.view import Closure, View
from dtms.settings import Settings
from dtms.settings_rails import GapSettings, RailsSettings

HOUR = 3_600_000
DAYS = [{"day": day, "from_s": 0, "to_s": 86_400} for day in range(1, 6)]
MIDNIGHT = UTC + 14 * HOUR  # the server's, at which Friday ends


def seen(on: Defended) -> View:
    view = on.desk.account.trader._sees(on.trade, on.desk.now, UTC + on.desk.now).view
    assert view is not None
    return view


def resent(on: Defended, sessions: list[dict[str, int]]) -> None:
    on.side.say(spec(sessions=sessions), on.desk.now)
    on.desk.pump()


def on_holiday(*days: Any) -> Settings:
    return acting(defence=FULL, rails=RailsSettings(gap=GapSettings(closed_days=days)))


def test_a_session_table_that_is_sent_anew_changes_the_closure() -> None:
    with defended(specs={"EURUSD": spec(sessions=DAYS)}) as on:
        on.begin()
        assert seen(on).closure == Closure(MIDNIGHT, MIDNIGHT + 48 * HOUR)

        early = [*DAYS[:4], {"day": 5, "from_s": 0, "to_s": 18 * 3_600}]
        resent(on, early)
        assert seen(on).closure == Closure(MIDNIGHT - 6 * HOUR, MIDNIGHT + 48 * HOUR)

        resent(on, early[1:])  # Monday is a holiday
        assert seen(on).closure == Closure(MIDNIGHT - 6 * HOUR, MIDNIGHT + 72 * HOUR)

        resent(on, ALWAYS)
        assert (seen(on).closure, seen(on).closures_known) == (None, True)


def test_a_table_without_sessions_says_nothing_of_closures() -> None:
    with defended(specs={"EURUSD": spec(sessions=DAYS)}) as on:
        on.begin()
        assert seen(on).closures_known
        resent(on, [])

        assert (seen(on).closure, seen(on).closures_known) == (None, False)


def test_a_holiday_that_the_user_names_joins_with_the_weekend() -> None:
    with defended(on_holiday("2027-01-18", "2027-01-19 XAU*"), specs={"EURUSD": spec(sessions=DAYS)}) as on:
        on.begin()

        assert seen(on).closure == Closure(MIDNIGHT, MIDNIGHT + 72 * HOUR)


def test_a_holiday_does_not_close_a_market_that_never_closes_unless_it_is_named() -> None:
    with defended(on_holiday("2027-01-18", "2027-01-19")) as on:
        on.begin()
        assert seen(on).closure is None

    with defended(on_holiday("2027-01-18 EUR*", "2027-01-19 EUR*")) as on:
        on.begin()
        assert seen(on).closure == Closure(MIDNIGHT + 48 * HOUR, MIDNIGHT + 96 * HOUR)


def test_the_servers_summer_time_moves_the_closure() -> None:
    with defended(specs={"EURUSD": spec(sessions=DAYS)}) as on:
        on.begin()
        on.side.utc_offset_s = OFFSET_S + 3_600
        on.side.beat(on.desk.now)
        on.desk.pump()

        assert seen(on).closure == Closure(MIDNIGHT - HOUR, MIDNIGHT + 47 * HOUR)


def test_while_nobody_tells_the_servers_clock_the_closure_is_where_it_was() -> None:
    with defended(specs={"EURUSD": spec(sessions=DAYS)}) as on:
        on.begin()
        assert seen(on).closure is not None
        on.desk.wires[0].cut()
        on.desk.pump()
        on.desk.pass_time(3_600_000, step=60_000)
        resting = seen(on)

        assert not resting.rails.link_up
        assert (resting.closure, resting.closures_known) == (Closure(MIDNIGHT, MIDNIGHT + 48 * HOUR), True)


def test_before_the_servers_clock_is_known_no_closure_is() -> None:
    with defended(specs={"EURUSD": spec(sessions=DAYS)}, utc_offset_s=None) as on:
        on.begin()

        assert (seen(on).closure, seen(on).closures_known) == (None, False)
