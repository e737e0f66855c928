"""The defence in simulated trades: asked as live, quick as step by step, blind to what is to come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from tests.sim.policies.made import MINUTE, MONDAY, minutes, quotes, run, spec_of, trade

from dtms.defence_names import State
from dtms.engine.defence.view import BreakMark, Judgement, View
from dtms.names import Outcome, Side
from dtms.settings import Settings
from dtms.settings_defence import HedgeMode, Preset
from dtms.settings_rails import GapGuard
from dtms.sim.history import Close
from dtms.sim.policies.course import Tracks
from dtms.sim.policies.defended import defended
from dtms.sim.policies.entries import Entry, random_entries
from dtms.sim.policies.history import History, make_history
from dtms.sim.policies.pilot import Policy
from dtms.sim.policies.placebo import exchanged
from dtms.sim.policies.replay import Replay, Result
from dtms.sim.policies.ruleset import all_rules, counted
from dtms.sim.policies.sight import Sight, sight_of, walk
from dtms.sim.prices import PricePoint, PriceSeries, read_prices

DEFAULTS = Settings()
FLAT = (1.10000, 1.10000, 1.10000, 1.10000)
RISE = (1.10000, 1.10060, 1.10000, 1.10060)
HIGH = (1.10060, 1.10060, 1.10060, 1.10060)


def judged_as(
    history: History, totals: Sequence[float | None], event: BreakMark | None = None, flip_from: int | None = None
) -> Sight:
    """A market whose M5 bar i is judged with the total i for both sides; the last total goes on. VWAP flips at a bar."""
    times = (history.fast.times + history.fast.period_s * 1_000).tolist()
    views, closes = [], ()
    for i, time in enumerate(times):
        closes = tuple(t for t in times[: i + 1] if t % 900_000 == 0)
        total = totals[min(i, len(totals) - 1)]
        slow_at = closes[-1] if closes else 0
        judgement = Judgement(
            at=slow_at, fast_at=time, total=total, valid=total is not None, event=event,
            flip_against=flip_from is not None and i >= flip_from, atr5=0.0002, atr15=0.0004,
            fast_close=float(history.fast.close[i]),
        )  # fmt: skip
        views.append(View(judgement=judgement, closes=closes))
    return Sight(times, dict.fromkeys(Side, views))


def quiet_minutes(count: int) -> History:
    """A minute of rise, then nothing: R is 10 pips, the trade stands at +0.4R."""
    return minutes(FLAT, RISE, *[HIGH] * (count - 2))


def buy(history: History) -> Entry:
    return trade(history, Side.BUY, 1.10020, 1.09920, 1.10500)


def test_a_bad_score_at_a_closed_m15_bar_tightens_the_stop() -> None:
    history = quiet_minutes(40)
    result = run(history, buy(history), defended(judged_as(history, [0, 0, -3.0]), DEFAULTS, Preset.GUARD))

    (act,) = result.acts
    assert (act.what, act.outcome, act.time) == ("stop", Outcome.DONE, MONDAY + 15 * MINUTE)
    assert act.figure == pytest.approx(1.10060 - 0.0003)
    assert result.states == {State.HEALTHY.value: 1, State.WARNING_L1.value: 1}


def test_an_invalid_score_does_nothing() -> None:
    history = quiet_minutes(100)
    result = run(history, buy(history), defended(judged_as(history, [None]), DEFAULTS, Preset.FULL))

    assert result.acts == ()


def test_a_very_bad_score_closes_half_and_then_all_in_preset_full() -> None:
    history = quiet_minutes(40)
    result = run(history, buy(history), defended(judged_as(history, [0, 0, -4.5, 0, 0, -7.0]), DEFAULTS, Preset.FULL))

    assert [(act.what, act.time - MONDAY) for act in result.acts if act.what != "stop"] == [
        ("part", 15 * MINUTE),
        ("close", 30 * MINUTE),
    ]
    assert result.end == "rule"
    assert result.r == pytest.approx(0.4)


def test_a_hedge_is_opened_lives_and_ends_with_its_trade() -> None:
    history = quiet_minutes(200)
    sight = judged_as(history, [0, 0, -7.0])
    full = {side: [with_median(view) for view in views] for side, views in sight.views.items()}
    result = run(history, buy(history), defended(Sight(sight.times, full), DEFAULTS, Preset.FULL, HedgeMode.HEDGE))

    assert [act.what for act in result.acts if act.what in {"part", "hedge", "close"}] == ["part", "hedge", "close", "close"]
    assert all(act.outcome is Outcome.DONE for act in result.acts)
    assert result.states[State.HEDGED.value] == 5  # the flat timer
    # Half was closed at +0.4R, the other half hedged a spread of 0.2R away.
    assert result.r == pytest.approx(0.5 * 0.4 + 0.5 * (0.4 - 0.2))


def with_median(view: View) -> View:
    account = replace(
        view.account, hedging=True, hedge_allowed=True, may_open=True, lots_room=9.0, equity=1e6, margin=1.0, leverage=100
    )
    return replace(view, account=account, rails=replace(view.rails, spread_median=0.0002, day_loss=0.0, hour_loss=0.0, stops=0))


def with_cadence(**values: object) -> Settings:
    return DEFAULTS.model_copy(update={"cadence": DEFAULTS.cadence.model_copy(update=values)})


def test_a_flip_of_vwap_is_seen_at_the_m5_bar_that_shows_it() -> None:
    history = quiet_minutes(40)
    sight = judged_as(history, [0, 0, 0, -3.0], flip_from=3)

    (act,) = run(history, buy(history), defended(sight, with_cadence(one_check_a_bar=False), Preset.GUARD)).acts
    assert act.time == MONDAY + 20 * MINUTE
    # By default an M15 bar is judged once, so the flip waits for the next one.
    (act,) = run(history, buy(history), defended(sight, DEFAULTS, Preset.GUARD)).acts
    assert act.time == MONDAY + 30 * MINUTE


def test_a_jump_into_an_emergency_is_seen_at_its_first_quote() -> None:
    # Minute 20 opens 6 pips below minute 19: more than half of R is lost from one quote to the next.
    fallen = (1.09960, 1.09960, 1.09960, 1.09960)
    history = minutes(FLAT, RISE, *[HIGH] * 18, *[fallen] * 20)
    sight = judged_as(history, [0, 0, 0, -3.0])
    (act,) = run(history, buy(history), defended(sight, DEFAULTS, Preset.GUARD)).acts

    assert (act.time, act.what) == (MONDAY + 20 * MINUTE, "stop")


def test_an_emergency_fires_again_after_it_was_over() -> None:
    flat, fall, low = (1.10000,) * 4, (1.10000, 1.10000, 1.09955, 1.09955), (1.09955,) * 4
    back = (1.09955, 1.10000, 1.09955, 1.10000)
    bars = [FLAT, RISE, *[HIGH] * 14, (1.10060, 1.10060, 1.09955, 1.09955), *[low] * 2, back, *[flat] * 2, fall, *[low] * 10]
    history = minutes(*bars)
    # The score turns bad with the M5 bar that ends at minute 20; the price is at -0.65R from minute 16 to 19, and from 22 on.
    sight = judged_as(history, [0, 0, 0, -3.0])
    result = run(history, buy(history), defended(sight, DEFAULTS, Preset.GUARD))

    assert [(act.time - MONDAY) // MINUTE for act in result.acts] == [22]


def test_the_gap_guard_closes_where_it_is_told_to() -> None:
    late = MONDAY + (4 * 24 + 20) * 60 * MINUTE
    history = minutes(FLAT, RISE, *[HIGH] * 110, begin=late)
    settings = DEFAULTS.model_copy(update={"rails": DEFAULTS.rails.model_copy(update={"gap": gap(GapGuard.CLOSE)})})
    sight = sight_of(history, walk(_series(history), history.spec, settings), settings)
    entry = replace(buy(history), time=late, index=0)
    result = run(history, entry, defended(sight, settings, Preset.GUARD))

    assert [(act.what, act.time) for act in result.acts] == [("close", late + 65 * MINUTE)]
    assert run(history, entry, defended(sight, DEFAULTS, Preset.GUARD)).acts == ()


def gap(guard: GapGuard) -> object:
    return DEFAULTS.rails.gap.model_copy(update={"guard": guard, "minutes": 55})


def _series(history: History) -> PriceSeries:
    rows = zip(history.times.tolist(), history.raw_bid.tolist(), history.raw_ask.tolist(), strict=True)
    return PriceSeries("made.csv", [PricePoint(*row) for row in rows], 5, "modelled", history.bar_s)


def test_exchanged_days_bring_their_scores_and_leave_prices() -> None:
    history = quiet_minutes(60)
    event = BreakMark(choch=True, against=True, confirmed=True, at=MONDAY + 10 * MINUTE, age=1)
    sight = judged_as(history, [float(i) for i in range(12)], event)
    fed = sight.fed([11 - i for i in range(12)])
    here, there = (views[Side.BUY][2].judgement for views in (sight.views, fed.views))

    assert here is not None
    assert there is not None
    assert (there.total, there.fast_close, there.atr15, there.fast_at) == (9.0, here.fast_close, here.atr15, here.fast_at)
    assert there.event is not None
    # What was broken some time before that close was broken as long before this one.
    other = sight.views[Side.BUY][9].judgement
    assert other is not None
    assert here.at - there.event.at == other.at - event.at


@dataclass(frozen=True)
class Market:
    """A stretch of recorded prices with what the signals said."""

    series: PriceSeries
    history: History
    walked: Sequence[Close]
    sight: Sight


@cache
def market(folder: Path, file: str, symbol: str, count: int) -> Market:
    whole = read_prices(folder / file)
    series = PriceSeries(whole.source, whole.points[:count], whole.digits, whole.modelled, whole.bar_s, whole.volumes[: count // 4])
    history = make_history(series, spec_of(symbol, series.digits))
    walked = list(walk(series, history.spec, DEFAULTS))
    return Market(series, history, walked, sight_of(history, walked, DEFAULTS))


def presets(sight: Sight) -> list[Policy]:
    return [
        defended(sight, DEFAULTS, Preset.GUARD),
        defended(sight, DEFAULTS, Preset.FULL),
        defended(sight, DEFAULTS, Preset.FULL, HedgeMode.HEDGE),
    ]


@pytest.mark.market_data
@pytest.mark.parametrize(
    ("file", "symbol", "count"), [("GBPUSD_M1_2012-02.csv.gz", "GBPUSD", 12_000), ("USOIL_M15_part1.csv", "USOIL", 4_000)]
)
def test_the_quick_way_decides_what_asking_at_every_quote_decides(market_data: Path, file: str, symbol: str, count: int) -> None:
    found = market(market_data, file, symbol, count)
    tracks = Tracks(found.history)
    acts = 0
    for entry in random_entries(found.history, 12, 2):
        for policy in presets(found.sight):
            quick = Replay(tracks, entry, policy).run()
            assert quick == Replay(tracks, entry, policy, every=True).run()
            acts += len(quick.acts)

    assert acts > 10


@pytest.mark.market_data
def test_cutting_the_future_off_changes_no_decision(market_data: Path) -> None:
    whole = market(market_data, "GBPUSD_M1_2012-02.csv.gz", "GBPUSD", 12_000)
    cut = market(market_data, "GBPUSD_M1_2012-02.csv.gz", "GBPUSD", 8_000)
    last = int(cut.history.times[-1])
    entries = [entry for entry in random_entries(whole.history, 40, 6) if entry.time < last]

    for side in Side:
        assert list(cut.sight.views[side]) == list(whole.sight.views[side])[: len(cut.sight.times)]
    known = [_done(whole, entry, policy, last) for entry in entries for policy in presets(whole.sight)]
    assert [_done(cut, entry, policy, last) for entry in entries for policy in presets(cut.sight)] == known
    assert sum(len(acts) for acts in known) > 20


def _done(found: Market, entry: Entry, policy: Policy, last: int) -> list[object]:
    result: Result = Replay(Tracks(found.history), entry, policy).run()
    return [act for act in result.acts if act.time <= last]


@pytest.mark.market_data
def test_the_placebo_sees_other_days_and_is_the_same_again(market_data: Path) -> None:
    found = market(market_data, "GBPUSD_M1_2012-02.csv.gz", "GBPUSD", 12_000)
    exchange = exchanged(found.sight.times, 3)
    assert exchange is not None
    entry = random_entries(found.history, 12, 2)[3]
    fed = defended(found.sight.fed(exchange), DEFAULTS, Preset.FULL)

    assert run(found.history, entry, fed) == run(found.history, entry, fed)
    rules = {rule.name: rule for rule in all_rules(found.history, found.sight, DEFAULTS, 1)}
    assert len(rules["placebo"].policies) == 8


def test_a_single_day_has_no_placebo() -> None:
    history = quiet_minutes(60)
    sight = judged_as(history, [0.0])

    assert "placebo" not in {rule.name for rule in all_rules(history, sight, DEFAULTS, 1)}


@pytest.mark.market_data
def test_recorded_quotes_of_a_few_hours_give_no_valid_score(market_data: Path) -> None:
    series = read_prices(market_data / "EURUSD_ticks_2019-01-01.csv")
    count = counted(list(walk(series, spec_of(), DEFAULTS)))

    assert (count.closes, count.valid) == (10, 0)


def test_a_quote_s_own_spread_is_known_to_the_rails() -> None:
    history = quotes(*[(i * 10_000, 1.1, 1.1002) for i in range(600)])
    sight = sight_of(history, walk(_series(history), history.spec, DEFAULTS), DEFAULTS)

    assert sight.views[Side.BUY][-1].rails.spread_median == pytest.approx(0.0002)
    assert sight.views[Side.BUY][0].rails.spread_median is None  # fewer than ten samples
