"""The matrix: what becomes of a record that is held against what the terminal holds, row by row."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import position

from dtms.defence_names import Quality, State
from dtms.engine.defence.family import Kin
from dtms.engine.defence.record import Defence
from dtms.engine.recovery import MATRIX, MISSES, Case, Verdict, admitted, believed, differences, doubted, ending, look_up
from dtms.engine.trade import Leg, Trade, TradeKey, first_seen
from dtms.names import DealEntry, OpenKind, Reason, Side
from dtms.wire.messages import Deal, Position

KIN = Kin(OpenKind.HEDGE, 5, 1)


def trade(position_id: int = 1, **values: Any) -> Trade:
    made = first_seen(TradeKey("1@Demo", position_id, 1), position(position_id, **values), managed=True)
    return replace(made, defence=Defence(state=State.HEDGED))


def deal(number: int, volume: float, entry: DealEntry = DealEntry.OUT, **values: Any) -> Deal:
    fields: dict[str, Any] = {
        "ts_event": number,
        "deal": number,
        "order": number,
        "position_id": 1,
        "symbol": "EURUSD",
        "deal_type": 2,
        "entry": entry,
        "reason": Reason.STOP_LOSS,
        "volume": volume,
        "price": 1.1,
        "profit": -5.0,
        "commission": -1.0,
        "fee": -0.5,
        "swap": -0.25,
        "magic": 0,
        "comment": "",
    }
    return Deal.model_validate(fields | values)


RECORD = trade()
THERE = RECORD.position
GONE = replace(RECORD, defence=Defence(state=State.CLOSING, gone=True))

CASES = {
    "UNKNOWN": (Case(RECORD, complete=False), Verdict.NOTHING),
    "OTHER": (Case(RECORD, THERE.model_copy(update={"symbol": "GBPUSD"})), Verdict.REPLACE),
    "DIFFERS": (Case(RECORD, THERE.model_copy(update={"volume": 0.05})), Verdict.ADAPT),
    "SAME": (Case(RECORD, THERE), Verdict.RESUME),
    "KNOWN_GONE": (Case(GONE, missing=5), Verdict.RESUME),
    "TOLD": (Case(RECORD, told=True, missing=1), Verdict.END),
    "MISSING": (Case(RECORD, missing=1), Verdict.DOUBT),
    "LOST": (Case(RECORD, missing=MISSES), Verdict.GONE),
    "LEG_MISSING": (Case(owner=RECORD), Verdict.LEG_GONE),
    "LEG": (Case(seen=THERE, owner=RECORD, kin=KIN), Verdict.JOIN),
    "ORPHAN": (Case(seen=THERE, kin=KIN), Verdict.ORPHAN),
    "FRESH": (Case(seen=THERE), Verdict.ADOPT),
}


@pytest.mark.parametrize("row", [row.id for row in MATRIX])
def test_each_row_is_reached_and_says_what_is_to_be_done(row: str) -> None:
    case, verdict = CASES[row]
    found = look_up(case)
    assert (found.id, found.verdict) == (row, verdict)


@given(st.sampled_from([None, RECORD, GONE]), st.sampled_from([None, THERE]), st.booleans(), st.integers(0, 9))
def test_while_the_view_is_not_complete_nothing_is_touched(
    record: Trade | None, seen: Position | None, told: bool, missing: int
) -> None:
    assert look_up(Case(record, seen, told=told, missing=missing, complete=False)).verdict is Verdict.NOTHING


@given(st.integers(1, MISSES - 1))
def test_a_record_is_not_over_before_the_third_snapshot_or_a_deal(missing: int) -> None:
    assert look_up(Case(RECORD, missing=missing)).verdict is Verdict.DOUBT
    assert look_up(Case(RECORD, missing=missing, told=True)).verdict is Verdict.END


@pytest.mark.parametrize("values", [{"symbol": "GBPUSD"}, {"side": Side.SELL}, {"ticket": 9, "ts_open": THERE.ts_open + 1}])
def test_another_symbol_side_or_opening_is_no_continuation(values: dict[str, Any]) -> None:
    assert look_up(Case(RECORD, THERE.model_copy(update=values))).verdict is Verdict.REPLACE


def test_what_differs_is_said_with_the_figures_and_a_stop_that_gives_more_room_is_called_so() -> None:
    seen = THERE.model_copy(update={"volume": 0.04, "stop_loss": 1.08, "take_profit": None})
    said = list(map(str, differences(Case(RECORD, seen))))
    assert said[:2] == ["external partial: volume 0.1 -> 0.04", "stop 1.099 -> 1.08 (looser; kept)"]
    tighter = THERE.model_copy(update={"stop_loss": 1.0995})
    assert [one.loosened for one in differences(Case(RECORD, tighter))] == [False]
    bare = THERE.model_copy(update={"stop_loss": None})
    assert [one.loosened for one in differences(Case(RECORD, bare))] == [True]


def test_the_end_has_the_last_deals_reason_and_the_sum_of_those_that_make_up_the_lots() -> None:
    end = ending(RECORD, [deal(3, 0.06, reason=Reason.CLIENT, price=1.2), deal(2, 0.04), deal(1, 0.1), deal(9, 0.1, DealEntry.IN)])
    assert end is not None
    assert (end.reason, end.deal, end.volume, end.profit, end.commission, end.swap) == (Reason.CLIENT, 3, 0.1, -10.0, -3.0, -0.5)
    assert end.price_close == pytest.approx(1.16)


@given(st.lists(st.floats(0.01, 0.03), max_size=3))
def test_deals_that_leave_lots_open_are_no_end(volumes: list[float]) -> None:
    assert ending(RECORD, [deal(n, volume) for n, volume in enumerate(volumes, 1)]) is None


def test_doubt_leaves_the_state_and_ends_when_the_position_is_seen() -> None:
    assert doubted(RECORD).defence == Defence(state=State.HEDGED, quality=Quality.SUSPECT)
    assert believed(doubted(RECORD)) == RECORD


def test_what_the_user_does_not_want_managed_any_more_has_no_defence_but_what_has_legs_is_led_to_its_end() -> None:
    loose = admitted(RECORD, wanted=False)
    assert (loose.managed, loose.defence) == (False, None)
    legs = replace(RECORD, legs=(Leg(OpenKind.HEDGE, trade(2)),))
    assert admitted(legs, wanted=False) is legs
