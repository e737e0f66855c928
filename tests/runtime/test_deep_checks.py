"""Deep and fast checks as the desk makes them: what the terminal is asked to do, and when."""

from functools import partial

import pytest
from tests.runtime.bench import acting
from tests.runtime.defended import CONFIRM_MS, ENTRY, FULL, RISK, Defended, bought, defended
from tests.runtime.market_side import SLOW, Tape

from dtms.defence_names import State
from dtms.names import OpenKind, Side
from dtms.runtime.account import Account
from dtms.settings import DeskSettings, Mode
from dtms.settings_defence import CadenceSettings, DefenceSettings, HedgeSettings, LevelSettings, Preset
from dtms.store.journal import EpochTaken
from dtms.wire.messages import ModifyPosition, OpenPosition, ReducePosition

OFF = DefenceSettings(preset=Preset.OFF)


def stops(on: Defended) -> list[float | None]:
    return [c.stop_loss for c in on.side.commands if isinstance(c, ModifyPosition)]


def volumes(on: Defended) -> list[float]:
    return [c.leave_volume for c in on.side.commands if isinstance(c, ReducePosition)]


def openings(on: Defended) -> list[OpenPosition]:
    return [c for c in on.side.commands if isinstance(c, OpenPosition)]


def test_a_trade_goes_through_its_states_and_back_and_its_hedge_ends_with_them() -> None:
    with defended() as on:
        on.begin(bought(volume=0.10))
        first, states, hedge = on.tape.price, [on.record.state], None
        while states[-2:] != [State.RECOVERING, State.HEALTHY]:
            on.step()
            if on.record.state is not states[-1]:
                states.append(on.record.state)
            if on.record.state is State.HEDGED and hedge is None:
                hedge = next(p for p in on.side.positions.values() if p.side is Side.SELL)

        assert states == [State.WARNING_L1, State.WARNING_L2, State.HEDGED, State.RECOVERING, State.HEALTHY]
        assert [(c.kind, c.side, c.volume) for c in openings(on)] == [
            (OpenKind.HEDGE, Side.SELL, 0.05),
            (OpenKind.READD, Side.BUY, 0.02),
        ]
        assert hedge is not None
        assert hedge.position_id not in on.side.positions
        assert [p.volume for p in on.side.positions.values()] == [0.05, 0.02]
        assert volumes(on) == [0.05, 0.0]
        assert stops(on) == [pytest.approx(first - 0.3 * RISK, abs=1e-9)]
        assert len(on.desk.account.trader.locks) == len(on.desk.account.trader.commands) == 0


def test_nothing_is_concluded_before_the_bar_is_confirmed() -> None:
    with defended() as on:
        on.begin(bought(volume=0.10))
        on.close_bar()
        on.pass_time(CONFIRM_MS - 1_000)
        assert volumes(on) == []

        on.pass_time(2_000)
        assert volumes(on) == [0.05]


def test_a_market_that_makes_no_last_bar_of_m5_is_judged_all_the_same() -> None:
    with defended() as on:
        on.begin(bought(volume=0.10))
        fast, slow = on.tape.next()
        for row in fast[:2]:
            on.side.tell_bar(5, row, on.desk.now)
        on.desk.now = slow.ts_open - 7_200_000 + 900_000 - 1_800_000_000_000 + 500
        on.side.tell_bar(SLOW, slow, on.desk.now)
        on.side.beat(on.desk.now)
        on.quote()
        on.pass_time(CONFIRM_MS + 2_000)

        assert on.record.last_bar == slow.ts_open - 7_200_000 + 900_000


def test_while_the_positions_are_not_known_nothing_is_checked() -> None:
    later = CadenceSettings(confirm_ms=8_000)  # the link counts as down after five seconds
    with defended(acting(defence=FULL, cadence=later)) as on:
        on.begin(bought(volume=0.10))
        on.close_bar()
        before = on.record.last_bar
        on.desk.pass_time(12_000, step=500, beating=False)
        assert not on.desk.account.view_known
        assert on.record.last_bar == before

        on.pass_time(3_000)
        assert on.desk.account.view_known
        assert on.record.state is State.WARNING_L2
        assert volumes(on) == [0.05]


def test_a_price_that_is_watched_brings_a_check_at_once() -> None:
    """D-45: no fast check goes by what was there at the last deep one: half of R lost is seen on the quote that shows it."""
    levels = LevelSettings(first_warning=-3.5, second_warning=-15, hedge=-20)  # the last bar's score is -2.5
    with defended(acting(defence=FULL.model_copy(update={"levels": levels}))) as on:
        on.begin()
        assert on.record.state is State.HEALTHY
        checked = on.record.deep_at
        on.quote(ENTRY - 0.499 * RISK)
        assert on.record.deep_at == checked

        on.desk.now += 1
        on.quote(ENTRY - 0.501 * RISK)
        assert on.record.deep_at == on.desk.now
        assert on.record.latches.loss


@pytest.mark.parametrize("side", Side)
def test_a_watched_price_fires_once_where_it_is_and_again_after_it_was_left(side: Side) -> None:
    """The emergency at half of R, from both sides: at the price itself, not before it, once; no more when the trade is gone."""
    levels = LevelSettings(first_warning=-15, second_warning=-18, hedge=-20)
    with defended(acting(defence=FULL.model_copy(update={"levels": levels}))) as on:
        direction = side.direction
        entry = round(ENTRY + direction * 0.42 * RISK, 5)
        on.begin(bought(side=side).model_copy(update={"price_open": entry, "stop_loss": round(entry - direction * RISK, 5)}))
        triggers = on.desk.account.book.symbol("EURUSD").triggers

        def fires(exit_price: float) -> bool:
            """Quote this price to close at; whether a deep check came at once."""
            on.desk.now += 1
            on.quote(exit_price if side is Side.BUY else exit_price - 0.0001)
            return on.record.deep_at == on.desk.now

        at = entry - direction * 0.5 * RISK
        assert not fires(at + direction * 0.00001)
        assert fires(at)
        assert not fires(at)
        assert not fires(at - direction * 0.00005)
        assert not fires(at + direction * 0.00002)
        assert fires(at)

        on.side.closed(1, on.desk.now)
        on.desk.pump()
        assert len(triggers) == 0
        assert len(on.desk.account.book) == 0


def test_the_time_of_a_slice_is_one_for_all_accounts_and_each_is_the_first_in_its_turn() -> None:
    with defended(acting(defence=FULL, desk=DeskSettings(check_slice_ms=5))) as on:
        on.begin()
        desk, made, spent = on.desk.desk, [], [0]
        desk._reception.opened(EpochTaken("7@Other", 1, store_older=False), on.desk.now)
        desk._elapsed = lambda: on.desk.now + spent[0]

        def check(account: Account, now: int, utc: int) -> bool:
            del now, utc
            made.append(account.key)
            spent[0] += 2
            return True

        for account in desk.accounts.values():
            account.next_check = partial(check, account)  # type: ignore[method-assign]
        slices = []
        for _ in range(4):
            made.clear()
            spent[0] = 0
            assert desk.step(on.desk.now, 1_800_000_000_000 + on.desk.now)
            slices.append([made.count(key) for key in desk.accounts])

        assert sorted(slices) == [[0, 2], [0, 2], [2, 0], [2, 0]]


def test_fast_checks_come_by_the_clock() -> None:
    with defended() as on:
        on.begin()
        seen = on.record.fast_at
        assert seen is not None
        on.pass_time(29_000)
        assert on.record.fast_at == seen

        on.pass_time(2_000)
        assert on.record.fast_at is not None
        assert on.record.fast_at - seen >= 29_000


def test_the_preset_guard_tightens_and_goes_no_further() -> None:
    with defended(acting()) as on:
        on.begin(bought(volume=0.10))
        for _ in range(6):
            on.step()

        assert len(stops(on)) == 1
        assert volumes(on) == []
        assert openings(on) == []


def test_switched_off_it_asks_for_no_bars_and_does_nothing() -> None:
    with defended(acting(defence=OFF)) as on:
        on.begin()
        on.step()

        assert on.side.asked == []
        assert on.trade.defence is None
        assert on.side.commands == []


def test_observe_decides_and_sends_nothing() -> None:
    settings = acting(mode=Mode.OBSERVE, defence=FULL)
    with defended(settings) as on:
        on.begin(bought(volume=0.10))
        on.step()

        assert on.record.state is State.WARNING_L2
        assert on.side.commands == []
        assert on.desk.counter("commands.observed") >= 2


def test_with_no_room_under_max_open_lots_everything_is_closed_instead_of_hedged() -> None:
    with defended(lots=0.01) as on:
        on.begin(bought(volume=0.10))
        for _ in range(5):
            on.step()

        assert openings(on) == []
        assert volumes(on) == [0.05, 0.0]
        assert on.side.positions == {}
        assert len(on.desk.account.book) == 0


def test_while_risk_is_off_nothing_is_opened_and_the_substitute_is_done() -> None:
    with defended(acting(defence=FULL)) as on:
        on.begin(bought(volume=0.10))
        on.desk.account.reign.risk_off_until = 10**12
        for _ in range(5):
            on.step()

        assert openings(on) == []
        assert on.side.positions == {}


def test_many_checks_never_keep_the_desk_longer_than_a_slice() -> None:
    """D-47: with a clock that costs a check two milliseconds, every step makes at most two and says that more is left."""
    with defended(acting(defence=FULL, desk=DeskSettings(check_slice_ms=5))) as on:
        on.begin(*(bought(number, volume=0.10) for number in range(1, 41)))
        on.close_bar()
        on.desk.now += CONFIRM_MS
        desk, spent = on.desk.desk, [0]

        def elapsed() -> int:
            spent[0] += 2
            return on.desk.now + spent[0]

        desk._elapsed = elapsed
        steps, before = 0, worsened(on)
        more = True
        while more:
            more = desk.step(on.desk.now, 1_800_000_000_000 + on.desk.now)
            steps += 1
            assert worsened(on) - before <= 2
            before = worsened(on)

        assert before == 40
        assert steps == 21  # the bars are one piece, each trade is one


def worsened(on: Defended) -> int:
    records = [trade.defence for trade in on.desk.account.book]
    return sum(record is not None and record.state is State.WARNING_L2 for record in records)


def test_the_trades_nearest_to_a_threshold_are_checked_first() -> None:
    with defended(acting(defence=FULL.model_copy(update={"hedge": HedgeSettings()}))) as on:
        on.begin(bought(1), bought(2, side=Side.SELL, volume=0.1))
        on.close_bar()
        on.desk.now += CONFIRM_MS
        account, utc = on.desk.account, 1_800_000_000_000 + on.desk.now
        while not len(account.trader.deep):
            assert account.next_check(on.desk.now, utc)

        first = account.trader.deep.take()
        assert first is not None
        assert first.key.position_id == 1  # its score is -4.5, that of the sell is +2


def test_the_tape_scores_as_the_tests_say() -> None:
    """If a change of the signals moves these figures, the scripts of this folder have to be looked at anew."""
    with defended() as on:
        on.begin()
        scores = []
        for _ in range(4):
            judgement = on.desk.account.trader._judgement(on.trade)
            scores.append(None if judgement is None else judgement.total)
            on.step()

        assert scores == [-2.5, -4.5, -4.5, -5.5]
        assert isinstance(on.tape, Tape)
