"""What the account's rails are read from: the day, stops in a row, the calendar (R-1, R-3, R-4)."""

import pytest
from tests.runtime.bench import UTC, acting
from tests.runtime.defended import FULL, Defended, bought, defended, figures
from tests.session.made import OFFSET_S, position

from dtms.engine.defence.view import RailFigures
from dtms.names import Reason
from dtms.settings_rails import RailsSettings
from dtms.wire.messages import CalendarEvent, Deal, Position, PositionClosed

HOUR_MS = 3_600_000


def seen(on: Defended) -> RailFigures:
    spec = on.desk.account.book.symbol("EURUSD").spec
    return on.desk.account.risk.figures(spec, None, link_up=True, now=on.desk.now, utc=UTC + on.desk.now)


def told(on: Defended, equity: float) -> RailFigures:
    on.side.say(figures(balance=equity, equity=equity), on.desk.now)
    on.desk.pump()
    return seen(on)


def fresh(on: Defended, *, offset_s: int | None = OFFSET_S) -> None:
    """The terminal is back in a new session."""
    wire = on.desk.wires[0]
    wire.cut()
    on.desk.pump()
    on.side.nonce += 1
    on.side.boot += 1
    on.side.seq_in = on.side.seq_out = 0
    on.side.utc_offset_s = offset_s
    on.desk.redial(wire)


def deal(position_id: int, number: int, **values: object) -> Deal:
    fields = {"ts_event": UTC, "deal": number, "order": number, "position_id": position_id, "symbol": "EURUSD", "deal_type": 2}
    rest = {"entry": 2, "reason": Reason.STOP_LOSS, "volume": 0.1, "price": 1.1, "profit": -10.0, "commission": 0.0}
    more = {"fee": 0.0, "swap": 0.0, "magic": 0, "comment": ""}
    return Deal.model_validate(fields | rest | more | values)


def closed(held: Position) -> PositionClosed:
    """It was closed by its stop, at a loss."""
    fields = {"ts_event": UTC, "position_id": held.position_id, "ticket": held.ticket, "symbol": held.symbol, "side": held.side}
    money = {"volume": held.volume, "price_close": 1.1, "profit": -10.0, "swap": 0.0, "commission": 0.0}
    return PositionClosed.model_validate(fields | money | {"reason": Reason.STOP_LOSS, "deal": 11, "by_command": 0})


@pytest.mark.parametrize(("offset_s", "hours"), [(7_200, 14.5), (-18_000, 18)], ids=["day-ahead-of-UTC", "day-behind-UTC"])
def test_a_session_without_the_servers_offset_does_not_begin_the_day_anew(offset_s: int, hours: float) -> None:
    """It is another day at the server than in UTC: the day, its base and what was lost of it stay."""
    with defended(utc_offset_s=offset_s) as on:
        on.begin()
        on.desk.now += int(hours * HOUR_MS)  # from 08:30 in UTC on
        on.side.beat(on.desk.now)
        fresh(on, offset_s=offset_s)
        assert told(on, 10_000.0).day_loss == 0.0
        assert told(on, 9_700.0).day_hit

        fresh(on, offset_s=None)
        after = told(on, 9_700.0)
        assert after.day_hit
        assert after.day_loss == 0.03
        # A clock that was put back does not bring the day before again.
        on.desk.account.risk.seen(figures(balance=9_700.0, equity=9_700.0), UTC)
        assert seen(on).day_hit


def test_a_stop_that_was_hit_while_nobody_was_connected_counts_when_its_deal_is_told() -> None:
    """R-3: the deal may come before the snapshot that misses the position, or after it."""
    with defended() as on:
        on.begin(bought(1), bought(2), bought(3), bought(4))
        told(on, 10_000.0)
        on.side.say(deal(1, 11), on.desk.now)
        on.desk.pump()
        assert seen(on).stops == 0
        for number in (1, 2, 3):
            del on.side.positions[number]
        fresh(on)
        assert seen(on).stops == 1

        on.side.say(deal(2, 12), on.desk.now)
        on.side.say(deal(2, 12), on.desk.now)
        on.side.say(deal(99, 14), on.desk.now)
        on.desk.pump()
        assert seen(on).stops == 2
        on.side.say(deal(3, 13, reason=Reason.CLIENT, profit=5.0), on.desk.now)
        on.desk.pump()
        assert seen(on).stops == 0


def test_the_deal_of_a_partial_close_is_no_end() -> None:
    with defended() as on:
        on.begin(bought(1), bought(2))
        told(on, 10_000.0)
        for number in (1, 2):
            on.side.say(deal(number, 10 + number, reason=Reason.EXPERT, profit=3.0), on.desk.now)
            on.side.changed(on.side.positions[number], on.desk.now)
        on.desk.pump()
        on.side.positions.clear()
        fresh(on)
        on.side.say(deal(1, 21), on.desk.now)
        on.side.say(deal(2, 22), on.desk.now)
        on.desk.pump()

        assert seen(on).stops == 2


def test_a_close_that_is_told_counts_once_with_its_deal() -> None:
    with defended() as on:
        on.begin(bought(1), bought(2))
        told(on, 10_000.0)
        on.side.say(deal(1, 11), on.desk.now)
        on.side.say(closed(on.side.positions.pop(1)), on.desk.now)
        on.side.say(deal(1, 11), on.desk.now)
        on.desk.pump()

        assert seen(on).stops == 1


def released(number: int, utc: int) -> CalendarEvent:
    fields = {"value_id": number, "event_id": 1, "ts_release": utc, "country": "US", "currency": "USD", "importance": 3}
    return CalendarEvent.model_validate(fields | {"name": "CPI", "actual": None, "forecast": None, "previous": None})


def test_a_calendar_that_nobody_has_brought_for_too_long_is_told_once() -> None:
    with defended(acting(defence=FULL, rails=RailsSettings(calendar_stale_h=2))) as on:
        on.begin()
        risk, utc = on.desk.account.risk, UTC + on.desk.now
        risk.stale_calendar(utc)
        assert risk.stale_calendar(utc + 2 * HOUR_MS - 2_000) is None
        assert risk.stale_calendar(utc + 2 * HOUR_MS + 2_000) == 2
        assert risk.stale_calendar(utc + 3 * HOUR_MS) is None

        on.side.say(released(1, utc), on.desk.now)
        on.desk.pump()
        assert risk.stale_calendar(utc + HOUR_MS) is None
        assert risk.stale_calendar(utc + 3 * HOUR_MS) == 2


def test_releases_that_are_told_before_the_servers_offset_is_known_count_once_it_is() -> None:
    with defended(utc_offset_s=None) as on:
        on.desk.now += 1_000
        on.side.positions = {1: position(1)}
        on.desk.dial(on.side)
        on.side.say(released(1, UTC + on.desk.now + OFFSET_S * 1_000 + 600_000), on.desk.now)
        on.desk.pump()
        assert seen(on).blackout is None

        on.side.utc_offset_s = OFFSET_S
        on.side.beat(on.desk.now)
        on.desk.pump()
        assert seen(on).blackout == "USD CPI"


def test_the_day_begins_at_midnight_of_the_server() -> None:
    with defended() as on:
        on.begin()
        on.desk.now += 13 * HOUR_MS  # 21:30 in UTC, 23:30 at the server
        on.side.beat(on.desk.now)
        fresh(on)
        told(on, 10_000.0)
        assert told(on, 9_700.0).day_hit

        on.desk.now += HOUR_MS
        on.side.beat(on.desk.now)
        fresh(on)
        after = told(on, 9_700.0)
        assert (after.day_hit, after.day_loss) == (False, 0.0)
