"""One position identifier, several trades: what ends a trade, and what only changes its figures."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import SERVER_MS, position, spec

from dtms.engine.break_even import Verdict
from dtms.engine.decide import Decision, Event, Look, Moment, Rules, Vanished, decide
from dtms.engine.generation import added_to, same_trade, split_factor
from dtms.engine.market import Market, Quote
from dtms.engine.obligation import Obligation, Stage
from dtms.engine.trade import Trade, TradeKey, first_seen
from dtms.names import Outcome, Side, Why
from dtms.settings import BreakEvenSettings, CloseSettings
from dtms.wire.messages import ExecutionReport, ModifyPosition, Position, PositionChanged

RULES = Rules(BreakEvenSettings(), CloseSettings())
HOUR = 3_600_000


def at(bid: float, **values: Any) -> Market:
    return Market(spec(**values), Quote(bid, bid + 0.00001, 0))


def fresh(**values: Any) -> Trade:
    return first_seen(TradeKey("1@Demo", 1, 1), position(**values), managed=True)


def look(trade: Trade, market: Market, event: Event | None = None, now: int = 0, command_id: int = 5) -> Decision:
    return decide(trade, event or Look(), market, Moment(now, command_id), RULES)


def changed(held: Position) -> PositionChanged:
    return PositionChanged.model_validate({"ts_event": SERVER_MS, "position": held, "changed": 1, "by_command": 0})


def moved(**values: Any) -> Trade:
    """A trade whose stop went to break-even."""
    trade = look(fresh(**values), at(1.1015)).trade
    stop = trade.break_even.target
    answer = done(stop)
    trade = look(trade, at(1.1015), answer).trade
    assert trade.break_even.stage is Stage.DONE
    return trade


def done(stop: float | None, **values: Any) -> ExecutionReport:
    fields = {
        "ts_event": SERVER_MS,
        "command_id": 5,
        "outcome": Outcome.DONE,
        "retcode": 10009,
        "why": Why.NONE,
        "position_id": 1,
        "ticket": 1,
        "order": 0,
        "deal": 0,
        "volume": 0.0,
        "price": 0.0,
        "position_volume": 0.1,
        "stop_loss": stop,
        "take_profit": None,
        "attempts": 1,
        "elapsed_ms": 1,
        "detail": "",
    }
    return ExecutionReport.model_validate(fields | values)


# What ends a trade


@pytest.mark.parametrize(
    ("values", "same"),
    [
        pytest.param({"side": Side.SELL, "ticket": 2, "ts_open": SERVER_MS + 1_234}, False, id="turned-round"),
        pytest.param({"side": Side.SELL}, False, id="turned-round-under-the-same-ticket"),
        pytest.param({"ticket": 3, "ts_open": SERVER_MS + 1_234}, False, id="turned-round-twice"),
        pytest.param({"ticket": 2}, True, id="ticket-changed-by-the-server"),
        pytest.param({"ticket": 2, "ts_open": SERVER_MS + HOUR}, True, id="ticket-changed-and-the-clock-turned"),
        pytest.param({"ts_open": SERVER_MS - HOUR}, True, id="clock-turned"),
        pytest.param({"symbol": "EURUSD.x"}, True, id="symbol-renamed"),
        pytest.param({"volume": 0.4, "price_open": 1.2, "stop_loss": None}, True, id="added-to"),
        pytest.param({"volume": 0.01}, True, id="reduced"),
    ],
)
def test_another_side_or_another_opening_ends_the_trade_and_nothing_else_does(values: dict[str, Any], *, same: bool) -> None:
    assert same_trade(position(), position(**values)) is same


# Lots added


def test_r_is_that_of_the_first_stop_and_gain_trigger_and_break_even_are_counted_from_the_mean_price() -> None:
    grown = fresh().seen(position(volume=0.3, price_open=1.102, stop_loss=1.0985))

    assert grown.risk == pytest.approx(0.001)
    assert grown.initial_volume == 0.1
    assert grown.r_now(1.103) == pytest.approx(1.0)
    assert look(grown, at(1.10299)).command is None
    command = look(grown, at(1.10301)).command
    assert isinstance(command, ModifyPosition)
    assert (command.stop_loss, command.expect_stop) == (1.10201, 1.0985)


def test_a_first_stop_that_comes_with_the_add_gives_r_from_the_mean_price() -> None:
    grown = fresh(stop_loss=None).seen(position(volume=0.2, price_open=1.102, stop_loss=1.1))

    assert grown.risk == pytest.approx(0.002)


def test_a_break_even_that_was_done_is_due_again_for_the_larger_position_and_never_wider() -> None:
    trade = moved()
    grown = look(trade, at(1.1015), changed(position(volume=0.3, price_open=1.1012, stop_loss=1.10001))).trade
    assert grown.break_even == Obligation()
    decision = look(grown, at(1.1023), command_id=6)

    assert isinstance(decision.command, ModifyPosition)
    assert decision.command.stop_loss == 1.10121


def test_an_add_that_leaves_the_stop_beyond_break_even_moves_nothing() -> None:
    grown = look(moved(), at(1.1015), changed(position(volume=0.2, price_open=1.0995, stop_loss=1.10001)))

    assert grown.command is None
    assert grown.trade.break_even.stage is Stage.SKIPPED


def test_a_move_that_was_under_way_when_lots_were_added_ends_without_being_the_new_positions_break_even() -> None:
    pending = look(fresh(), at(1.1015)).trade
    grown = look(pending, at(1.1015), changed(position(volume=0.3, price_open=1.1012, stop_loss=1.099))).trade
    assert grown.break_even.stage is Stage.PENDING
    answered = look(grown, at(1.1023), done(1.10001), command_id=6).trade
    assert answered.break_even.stage is Stage.ARMED
    again = look(answered, at(1.1023), now=answered.break_even.not_before, command_id=6)

    assert isinstance(again.command, ModifyPosition)
    assert (again.command.expect_stop, again.command.stop_loss) == (1.10001, 1.10121)


def test_lots_taken_away_change_neither_r_nor_what_was_done() -> None:
    trade = moved()
    left = trade.seen(position(volume=0.04, stop_loss=1.10001))

    assert (left.risk, left.break_even) == (trade.risk, trade.break_even)
    assert not added_to(position(volume=0.3), position(volume=0.1 + 0.2))


# A split


@pytest.mark.parametrize("ratio", [2.0, 4.0, 1.5, 0.1, 0.25])
def test_a_split_scales_r_and_the_first_stop_and_the_trade_goes_on_as_if_nothing_had_been(ratio: float) -> None:
    held = position(volume=8.0, price_open=100.0, stop_loss=98.0)
    trade = first_seen(TradeKey("1@Demo", 1, 1), held, managed=True)
    split = trade.seen(position(volume=8.0 * ratio, price_open=100.0 / ratio, stop_loss=98.0 / ratio))

    assert split.r_now(102.0 / ratio) == pytest.approx(trade.r_now(102.0))
    assert split.initial_stop == pytest.approx(98.0 / ratio)
    assert split.initial_volume == pytest.approx(8.0 * ratio)


def test_a_split_whose_fraction_was_paid_out_is_a_split() -> None:
    assert split_factor(position(volume=0.03, price_open=90.0), position(volume=0.04, price_open=60.0)) == pytest.approx(2 / 3)


def test_a_break_even_that_was_done_before_a_split_is_done_after_it() -> None:
    trade = moved()
    split = trade.seen(position(volume=0.2, price_open=0.55, stop_loss=0.550005))

    assert split.break_even.stage is Stage.DONE


@pytest.mark.parametrize(("side", "bid", "ratio"), [(Side.SELL, 1.0985, 2.0), (Side.BUY, 1.1015, 0.5)])
def test_a_stop_in_other_proportions_does_not_pass_for_the_target_of_a_move(side: Side, bid: float, ratio: float) -> None:
    unknown = look(look(fresh(side=side), at(bid)).trade, at(bid), Vanished(5)).trade
    assert unknown.break_even.stage is Stage.UNKNOWN
    stop = unknown.position.stop_loss
    assert stop is not None
    split = look(
        unknown, at(bid / ratio), changed(position(side=side, volume=0.1 * ratio, price_open=1.1 / ratio, stop_loss=stop / ratio))
    )

    assert split.trade.break_even.stage is Stage.UNKNOWN


LOTS = st.integers(1, 500).map(lambda steps: steps / 100)
PRICES = st.floats(0.7, 1.5)


@given(LOTS, LOTS, st.floats(1.0, 2.0), PRICES)
def test_an_add_is_never_taken_for_a_split(held: float, added: float, entry: float, move: float) -> None:
    mean = (held * entry + added * entry * move) / (held + added)

    assert split_factor(position(volume=held, price_open=entry), position(volume=held + added, price_open=mean)) is None


@given(st.integers(2, 1_000), st.sampled_from([2.0, 3.0, 4.0, 5.0, 10.0, 1.5]), st.floats(5.0, 5_000.0))
def test_a_split_of_whatever_volume_is_seen(steps: int, ratio: float, entry: float) -> None:
    volume, after = steps / 100, int(steps * ratio + 1e-6) / 100
    factor = split_factor(position(volume=volume, price_open=entry), position(volume=after, price_open=entry / ratio))

    assert factor == pytest.approx(1 / ratio)


# Another grid


def test_a_specification_with_other_digits_counts_from_its_coming() -> None:
    trade = fresh(price_open=1.10004, stop_loss=1.09904)
    command = look(trade, at(1.1016, digits=4, point=0.0001, tick_size=0.0001)).command

    assert isinstance(command, ModifyPosition)
    assert command.stop_loss == 1.1002


def test_a_move_under_way_is_over_when_the_stop_stands_where_it_was_to_go_on_the_grid_of_then() -> None:
    pending = look(fresh(), at(1.1015)).trade
    coarse = at(1.1015, digits=4, point=0.0001, tick_size=0.0001)
    answered = look(look(pending, coarse, coarse.spec).trade, coarse, done(1.10001)).trade

    assert answered.break_even.stage is Stage.DONE
    assert look(answered, coarse).finding.verdict is Verdict.OVER


# Reports that speak of another ticket


def test_what_a_report_reads_back_under_another_ticket_is_not_the_trades() -> None:
    pending = look(fresh(), at(1.1015)).trade
    answered = look(pending, at(1.1015), done(1.10001, ticket=2)).trade

    assert answered.position.stop_loss == 1.099
    assert answered.break_even.stage is Stage.ARMED
