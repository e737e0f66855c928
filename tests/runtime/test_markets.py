"""Where bars come from, and what is made of them."""

from tests.runtime.bench import UTC, acting
from tests.runtime.defended import CONFIRM_MS, FULL, QUARTER_MS, Defended, bought, defended, figures
from tests.runtime.market_side import FAST, SLOW, bar, quote_at
from tests.session.made import OFFSET_S, spec

from dtms.engine.defence.view import View
from dtms.names import Side
from dtms.settings import AdoptSettings
from dtms.wire.messages import BarsRequest, CalendarEvent, SnapshotRequest, Subscribe


def subscribed(on: Defended) -> list[tuple[list[str], list[int]]]:
    return [(m.symbols, m.timeframes) for m in on.side.received if isinstance(m, Subscribe)]


def asked(on: Defended) -> list[tuple[str, int, int]]:
    return [(r.symbol, r.timeframe, r.count) for r in on.side.asked]


def seen(on: Defended) -> View:
    view = on.desk.account.trader._sees(on.trade, on.desk.now, UTC + on.desk.now).view
    assert view is not None
    return view


def test_bars_of_a_managed_symbol_are_subscribed_and_its_history_is_asked_for() -> None:
    with defended() as on:
        on.begin()

        assert subscribed(on)[-1] == (["EURUSD"], [5, 15])
        assert asked(on) == [("EURUSD", 5, 600), ("EURUSD", 15, 1000)]
        judgement = seen(on).judgement
        assert judgement is not None
        assert judgement.valid
        assert judgement.at == UTC + 2 * QUARTER_MS
        assert len(seen(on).closes) == 200


def test_positions_that_are_only_watched_need_no_bars() -> None:
    with defended(acting(defence=FULL, adopt=AdoptSettings())) as on:
        on.desk.now += 1_000
        on.side.positions = {1: bought()}
        on.desk.dial(on.side)
        on.pass_time(1_000)

        assert asked(on) == []
        assert all(timeframes == [] for _, timeframes in subscribed(on))


def test_history_that_could_not_be_read_is_asked_for_again() -> None:
    with defended(unreadable=2) as on:
        on.begin()
        assert seen(on).judgement is None

        on.pass_time(7_000)
        assert len(asked(on)) == 4
        assert seen(on).judgement is not None


def test_a_gap_is_filled_from_the_terminals_history_before_anything_is_concluded() -> None:
    with defended() as on:
        on.begin()
        before = seen(on).judgement
        assert before is not None
        for _ in range(3):  # bars that close while nobody tells of them
            fast, slow = on.tape.next()
            on.side.history["EURUSD", FAST] += fast
            on.side.history["EURUSD", SLOW].append(slow)
            on.desk.now += QUARTER_MS
            on.side.beat(on.desk.now)
            on.desk.pump()
        on.side.unreadable = 2
        on.close_bar()
        on.pass_time(CONFIRM_MS)
        assert seen(on).judgement == before  # what was said last; it is too old to be believed by now
        assert on.record.last_bar == before.at

        on.pass_time(8_000)
        judgement = seen(on).judgement
        assert judgement is not None
        assert judgement.at == before.at + 4 * QUARTER_MS
        assert judgement.total == -8.5
        assert on.record.dwell + on.record.episode >= 1


def test_after_another_session_the_history_is_asked_for_anew() -> None:
    with defended() as on:
        on.begin()
        wire = on.desk.wires[0]
        wire.cut()
        on.desk.pump()
        on.side.nonce += 1
        on.side.boot += 1
        on.side.seq_in = on.side.seq_out = 0
        on.desk.redial(wire)
        on.pass_time(1_000)

        assert len(asked(on)) == 4


def test_a_session_that_ends_while_the_history_is_on_its_way_leaves_it_to_the_next_one() -> None:
    with defended() as on:
        on.side.mute = True
        on.begin()
        assert asked(on) == [("EURUSD", 5, 600), ("EURUSD", 15, 1000)]
        assert seen(on).judgement is None
        wire = on.desk.wires[0]
        wire.cut()
        on.desk.pump()
        on.side.mute = False
        on.side.nonce += 1
        on.side.boot += 1
        on.side.seq_in = on.side.seq_out = 0
        on.desk.redial(wire)
        on.pass_time(1_000)

        assert asked(on)[2:] == [("EURUSD", 5, 600), ("EURUSD", 15, 1000)]
        assert seen(on).judgement is not None


def test_a_bar_that_is_none_is_left_and_the_others_count() -> None:
    with defended() as on:
        on.begin()
        at = UTC + 2 * QUARTER_MS
        good = bar(at, 1.0964, 1.0965)
        on.side.tell_bar(FAST, good.model_copy(update={"high": 1.0}), on.desk.now)
        on.desk.pump()
        judgement = seen(on).judgement
        assert judgement is not None
        assert judgement.fast_at == at

        on.side.tell_bar(FAST, good, on.desk.now)
        on.desk.pump()
        after = seen(on).judgement
        assert after is not None
        assert after.fast_at == at + FAST * 60_000


def test_bars_that_do_not_come_any_more_leave_no_score_to_believe() -> None:
    with defended() as on:
        on.begin()
        for _ in range(3):
            on.desk.now += QUARTER_MS
            on.side.beat(on.desk.now)
            on.quote()
        judgement = seen(on).judgement

        assert judgement is not None
        assert judgement.stale_at is not None
        assert judgement.stale_at < UTC + on.desk.now


def test_order_flow_is_counted_from_the_quotes() -> None:
    with defended() as on:
        on.begin()
        for second in range(120):
            on.desk.now += 1_000
            on.side.quotes(on.desk.now, quote_at(UTC + on.desk.now, on.tape.price, buys=3.0, sells=1.0))
            if second % 2:
                on.side.beat(on.desk.now)
            on.desk.pump(polls=1)
        charts = on.desk.account.markets.of("EURUSD")
        assert charts is not None
        flow = charts.flow.figures(UTC + on.desk.now + 1)

        assert (flow.buys, flow.sells) == (360.0, 120.0)


def test_the_account_is_seen_as_the_logon_and_its_figures_say() -> None:
    with defended(lots=0.7) as on:
        on.begin()
        account = seen(on).account

        assert (account.hedging, account.hedge_allowed, account.may_open, account.lots_room) == (True, True, True, 0.7)
        assert (account.equity, account.margin, account.leverage) == (10_000.0, 100.0, 100)

        on.side.hands(on.desk.now, off=True)
        on.desk.pump()
        assert not seen(on).account.may_open


def test_losses_of_the_day_are_counted_from_its_first_figures() -> None:
    with defended() as on:
        on.begin()
        on.side.say(figures(equity=9_790.0), on.desk.now)
        on.desk.pump()
        rails = seen(on).rails

        assert rails.day_loss == 0.021
        assert rails.day_hit
        assert rails.hour_hit


def test_news_of_the_symbols_currencies_are_near_and_of_others_are_not() -> None:
    with defended() as on:
        on.begin()
        soon = UTC + on.desk.now + 20 * 60_000 + OFFSET_S * 1_000
        fields = {"event_id": 1, "ts_release": soon, "country": "", "importance": 3, "actual": None, "forecast": None}
        rest = {"previous": None}
        on.side.say(CalendarEvent.model_validate(fields | rest | {"value_id": 1, "currency": "JPY", "name": "Rate"}), on.desk.now)
        on.desk.pump()
        assert seen(on).rails.blackout is None

        on.side.say(CalendarEvent.model_validate(fields | rest | {"value_id": 2, "currency": "USD", "name": "CPI"}), on.desk.now)
        on.desk.pump()
        assert seen(on).rails.blackout == "USD CPI"


def test_the_weekend_is_seen_coming() -> None:
    days = [{"day": day, "from_s": 0, "to_s": 86_400} for day in range(1, 6)]
    with defended(specs={"EURUSD": spec(sessions=days)}) as on:
        on.begin()
        closure = seen(on).closure

        assert closure is not None
        # 2027-01-15 is a Friday; the server is two hours ahead.
        assert closure.starts == UTC + 14 * 3_600_000
        assert closure.ends - closure.starts == 48 * 3_600_000


def test_the_spread_is_known_from_the_history() -> None:
    with defended() as on:
        on.begin()

        assert seen(on).rails.spread_median == 0.0001


def test_both_sides_are_judged() -> None:
    with defended() as on:
        on.begin()
        charts = on.desk.account.markets.of("EURUSD")

        assert charts is not None
        assert set(charts.judgements) == set(Side)
        assert not [m for m in on.side.received if isinstance(m, SnapshotRequest)]
        assert [type(m) for m in on.side.asked] == [BarsRequest, BarsRequest]
