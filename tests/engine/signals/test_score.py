"""
The score: bounds, modifiers, coverage, confluence.

D-04: no group counts twice. D-10, D-21: what is missing is no zero, and an invalid score has no total. D-11: a hedge needs evidence
against the trade, whichever side it is on. D-12: every modifier can be reached. T-56, T-59.
"""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.engine.signals.crafted import MONDAY, RULES, charts, seen, walk, with_key

from dtms.engine.signals.alignment import Slopes
from dtms.engine.signals.analysis import analysis
from dtms.engine.signals.candle import Conviction
from dtms.engine.signals.evidence import Evidence
from dtms.engine.signals.flow import NO_FLOW, FlowFigures
from dtms.engine.signals.momentum import Momentum
from dtms.engine.signals.regime import Regime
from dtms.engine.signals.score import Score, modifier, score
from dtms.engine.signals.structure import Structure, StructureEvent
from dtms.engine.signals.vwap import Cross
from dtms.names import Side
from dtms.signal_names import Bands, Confluence, EventKind, Family, Fault, Group, Session, SwingLabel, Volatility

BASE = seen(charts(walk(21, 1_200)), FlowFigures(10.0, 10.0, 0.0))
DOWN = StructureEvent(EventKind.CHOCH, -1, 1.5, MONDAY, MONDAY, 0, confirmed=True)
UP = StructureEvent(EventKind.BOS, 1, 1.5, MONDAY, MONDAY, 0, confirmed=True)


NOTHING = Momentum(50.0, 0.0, (0.0, 0.0, 0.0))
EVEN = FlowFigures(10.0, 10.0, 0.0)
FLAT = Slopes(0.0, 0.0)
SMALL = Conviction(0, crosses=False)
NO_CROSS = Cross()
NORMAL = Regime()


def market(
    event: StructureEvent | None = None,
    cross: Cross = NO_CROSS,
    flow: FlowFigures = EVEN,
    momentum: Momentum | None = NOTHING,
    slopes: Slopes = FLAT,
    conviction: Conviction | None = SMALL,
    regime: Regime = NORMAL,
    session: Session = Session.LONDON,
) -> Evidence:
    """A market that says nothing but what is asked of it."""
    assert BASE.slow is not None
    assert BASE.fast is not None
    slow = replace(
        BASE.slow,
        structure=Structure((), event, SwingLabel.MIXED),
        momentum=momentum or Momentum(),
        slopes=slopes,
        regime=regime,
        session=session,
    )
    return replace(BASE, slow=slow, fast=replace(BASE.fast, cross=cross, conviction=conviction), flow=flow, session=session)


WORST = market(
    DOWN,
    Cross(below=5, down=True),
    FlowFigures(1.0, 9.0, -3.0),
    Momentum(30.0, -5.0, (3.0, 2.0, 1.0), falling=True),
    Slopes(-1.0, -1.0),
    Conviction(-1, crosses=True),
)


def figures(found: Score) -> dict[Group, float | None]:
    return {group.group: group.figure for group in found.groups}


def total(evidence: Evidence, side: Side = Side.BUY) -> float:
    found = score(evidence, side, RULES).total
    assert found is not None
    return found


def test_a_market_that_says_nothing_scores_zero_for_both() -> None:
    for side in Side:
        found = score(market(), side, RULES)
        assert set(figures(found).values()) == {0.0}
        assert (found.total, found.coverage, found.label, found.ratio) == (0.0, 1.0, Confluence.NEUTRAL, 0.0)


def test_d_04_the_worst_a_market_can_say_is_bounded() -> None:
    """Figures are shown before the clamp, and count after it: -3 - 2 - 2 - 1.5 - 1 - 2."""
    found = score(WORST, Side.BUY, RULES)

    assert list(figures(found).values()) == [-3.0, -3.0, -3.0, -1.5, -1.0, -2.0]
    assert found.total == -11.5
    assert [group.contribution for group in found.groups] == [-3.0, -2.0, -2.0, -1.5, -1.0, -2.0]


def test_d_04_one_indicator_alone_cannot_reach_the_second_warning() -> None:
    assert total(market(momentum=Momentum(30.0, -5.0, (0.0, 0.0, 0.0)))) == -2.0


@given(
    event=st.sampled_from([None, DOWN, UP, DOWN._replace(age=5), UP._replace(kind=EventKind.CHOCH)]),
    cross=st.sampled_from([Cross(), Cross(down=True), Cross(up=True)]),
    shares=st.tuples(st.integers(0, 20), st.integers(0, 20)).filter(any),
    z=st.none() | st.floats(-5, 5),
    rsi=st.floats(0, 100),
    trend=st.floats(-50, 50),
    turn=st.sampled_from([(True, False), (False, True), (False, False)]),
    slopes=st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
    conviction=st.none() | st.builds(Conviction, st.sampled_from([-1, 0, 1]), st.booleans()),
    regime=st.builds(Regime, st.sampled_from(Volatility), st.sampled_from(Bands)),
    session=st.sampled_from(Session),
    side=st.sampled_from(Side),
)
def test_a_total_is_never_beyond_the_sum_of_modified_bounds(
    event: StructureEvent | None,
    cross: Cross,
    shares: tuple[int, int],
    z: float | None,
    rsi: float,
    trend: float,
    turn: tuple[bool, bool],
    slopes: tuple[float, float],
    conviction: Conviction | None,
    regime: Regime,
    session: Session,
    side: Side,
) -> None:
    """T-59."""
    flow = FlowFigures(float(shares[0]), float(shares[1]), z)
    momentum = Momentum(rsi, trend, (0.0, 0.0, 0.0), *turn)
    found = score(market(event, cross, flow, momentum, Slopes(*slopes), conviction, regime, session), side, RULES)

    assert found.total is not None
    assert abs(found.total) <= sum(group.modifier * group.bound for group in found.groups) + 1e-9
    for group in found.groups:
        assert abs(group.contribution) <= group.modifier * group.bound
        assert 0.5 <= group.modifier <= 1.5


RANGE_FACTORS = dict(zip(Group, (0.7, 1.3, 1.0, 0.8, 1.2, 1.1), strict=True))
HIGH_FACTORS = dict(zip(Group, (1.2, 0.9, 0.8, 1.0, 1.1, 0.9), strict=True))


@pytest.mark.parametrize(("group", "session", "volatility", "bands"), list(product(Group, Session, Volatility, Bands)))
def test_d_12_every_modifier_applies(group: Group, session: Session, volatility: Volatility, bands: Bands) -> None:
    """T-56."""
    expected = 0.8 if session is Session.ASIAN else 1.0
    expected *= RANGE_FACTORS[group] if bands is Bands.RANGE else 1.0
    expected *= HIGH_FACTORS[group] if volatility is Volatility.HIGH else 1.0
    evidence = market(regime=Regime(volatility, bands), session=session)

    shown = {g.group: g.modifier for g in score(evidence, Side.BUY, RULES).groups}
    assert shown[group] == pytest.approx(min(max(expected, 0.5), 1.5))


def test_d_12_every_class_comes_up_in_a_market() -> None:
    """A walk of two weeks meets every session, volatility and class of the bands, so each column of the table is used."""
    fast = charts(walk(4, 4_000))
    met: set[object] = set()
    for end in range(260, 1_300, 29):
        evidence = seen(fast._replace(fast=fast.fast.upto(3 * end), slow=fast.slow.upto(end)))
        assert evidence.slow is not None
        met |= {evidence.session, evidence.slow.volatility, evidence.slow.bands}

    assert met >= {*Session, *Volatility, *Bands}


def test_modifiers_are_clamped() -> None:
    rules = with_key(RULES, "score.in_high.structure", 9.0)
    assert modifier(Group.STRUCTURE, Session.LONDON, Volatility.HIGH, Bands.TREND, rules.score) == 1.5
    rules = with_key(RULES, "score.in_range.structure", 0.1)
    assert modifier(Group.STRUCTURE, Session.LONDON, Volatility.HIGH, Bands.RANGE, rules.score) == 0.5


@pytest.mark.parametrize(
    ("evidence", "coverage", "valid"),
    [
        pytest.param(market(flow=NO_FLOW), 10.5 / 11.5, True, id="no order flow"),
        pytest.param(market(flow=NO_FLOW, momentum=None), 8.5 / 11.5, True, id="no momentum either"),
        pytest.param(market(flow=NO_FLOW, momentum=None, slopes=Slopes()), 7 / 11.5, True, id="no means either"),
        pytest.param(market(flow=NO_FLOW, momentum=None, conviction=None), 6.5 / 11.5, False, id="no candle either"),
    ],
)
def test_d_21_below_six_tenths_of_coverage_a_score_is_invalid(evidence: Evidence, coverage: float, valid: bool) -> None:
    found = score(evidence, Side.BUY, RULES)

    assert found.coverage == pytest.approx(coverage)
    assert found.valid is valid
    assert (found.total is None) is not valid


def test_d_21_an_invalid_score_satisfies_no_limit_of_recovery() -> None:
    """It has no number that could be compared with one."""
    found = score(replace(WORST, faults=frozenset({Fault.STALE})), Side.BUY, RULES)

    assert found.total is None
    assert found.label is Confluence.NEUTRAL
    assert not found.hedge_confluence
    assert found.coverage == 1.0


def test_d_10_coverage_counts_the_groups_that_are_configured() -> None:
    quiet = market(flow=NO_FLOW)
    fewer = with_key(RULES, "score.symbol_groups", {"GBPUSD": [g.value for g in Group if g is not Group.DELTA_PRESSURE]})

    assert score(quiet, Side.BUY, RULES).coverage < 1.0
    assert score(quiet, Side.BUY, fewer).coverage == 1.0
    assert Group.DELTA_PRESSURE not in figures(score(quiet, Side.BUY, fewer))
    assert score(replace(quiet, symbol="EURUSD"), Side.BUY, fewer).coverage < 1.0


def test_vwap_and_volume_are_available_when_either_is() -> None:
    assert BASE.fast is not None
    flow_only = replace(market(flow=FlowFigures(1.0, 9.0, None)), fast=replace(BASE.fast, vwap=None, cross=Cross(down=True)))
    neither = replace(flow_only, flow=NO_FLOW)

    assert figures(score(flow_only, Side.BUY, RULES))[Group.VWAP_VOLUME] == -1.0
    assert figures(score(neither, Side.BUY, RULES))[Group.VWAP_VOLUME] is None
    assert figures(score(market(cross=Cross(down=True), flow=NO_FLOW), Side.BUY, RULES))[Group.VWAP_VOLUME] == -2.0


@pytest.mark.parametrize(
    ("flow", "cross", "confluence"),
    [
        pytest.param(FlowFigures(7.0, 13.0), Cross(down=True), True, id="both"),
        pytest.param(FlowFigures(8.0, 13.0), Cross(down=True), False, id="too little selling"),
        pytest.param(FlowFigures(7.0, 13.0), Cross(), False, id="no flip"),
        pytest.param(NO_FLOW, Cross(down=True), False, id="no order flow"),
    ],
)
def test_d_11_hedge_confluence_is_a_flip_and_volume_against_the_trade(flow: FlowFigures, cross: Cross, confluence: bool) -> None:
    mirrored = FlowFigures(flow.sells, flow.buys)

    assert score(market(flow=flow, cross=cross), Side.BUY, RULES).hedge_confluence is confluence
    assert score(market(flow=mirrored, cross=Cross(up=cross.down)), Side.SELL, RULES).hedge_confluence is confluence
    assert not score(market(flow=flow, cross=cross), Side.SELL, RULES).hedge_confluence


def test_in_low_volatility_confluence_needs_more_volume() -> None:
    low = market(flow=FlowFigures(7.0, 13.0), cross=Cross(down=True), regime=Regime(Volatility.LOW))

    assert not score(low, Side.BUY, RULES).hedge_confluence


@pytest.mark.parametrize(
    ("evidence", "label", "ratio"),
    [
        pytest.param(market(UP), Confluence.MIXED, 1.0, id="one group alone"),
        pytest.param(market(UP, slopes=Slopes(1.0, 1.0)), Confluence.FAVOURABLE, 1.0, id="two in favour"),
        pytest.param(market(DOWN, slopes=Slopes(-1.0, -1.0)), Confluence.ADVERSE, 1.0, id="two against"),
        pytest.param(market(UP, slopes=Slopes(-1.0, 1.0)), Confluence.FAVOURABLE, 0.75, id="one on either side, unevenly"),
        pytest.param(market(UP, slopes=Slopes(-1.0, -1.0)), Confluence.MIXED, 2 / 3, id="too even"),
        pytest.param(market(slopes=Slopes(1.0, 1.0), flow=FlowFigures(10.0, 10.0, -1.0)), Confluence.MIXED, 0.5, id="exactly even"),
    ],
)
def test_d_11_the_label_is_in_the_frame_of_the_trade(evidence: Evidence, label: Confluence, ratio: float) -> None:
    found = score(evidence, Side.BUY, RULES)

    assert found.label is label
    assert found.ratio == pytest.approx(ratio)


@pytest.mark.parametrize(
    ("evidence", "families"),
    [
        pytest.param(market(DOWN), {Family.STRUCTURAL}, id="a change of character"),
        pytest.param(market(DOWN._replace(kind=EventKind.BOS)), {Family.STRUCTURAL}, id="a break of structure"),
        pytest.param(market(DOWN._replace(age=1)), set(), id="an event counts on its own bar"),
        pytest.param(market(UP), set(), id="an event in favour"),
        pytest.param(market(cross=Cross(down=True)), {Family.VWAP}, id="a flip"),
        pytest.param(market(flow=FlowFigures(7.0, 13.0, 0.0)), {Family.VWAP}, id="volume at -1"),
        pytest.param(market(flow=FlowFigures(8.0, 12.0, 0.0)), set(), id="volume at -0.5"),
        pytest.param(market(momentum=Momentum(30.0, -1.0, (0.0, 0.0, 0.0))), {Family.MOMENTUM}, id="rsi"),
        pytest.param(market(momentum=Momentum(50.0, 0.0, (3.0, 2.0, 1.0), falling=True)), {Family.MOMENTUM}, id="macd"),
        pytest.param(market(momentum=Momentum(80.0, 1.0, (0.0, 0.0, 0.0))), set(), id="a spent rsi is no warning"),
        pytest.param(WORST, set(Family), id="everything"),
    ],
)
def test_d_08_which_evidence_warns(evidence: Evidence, families: set[Family]) -> None:
    assert score(evidence, Side.BUY, RULES).families == families


@pytest.mark.parametrize(
    ("evidence", "strength", "agreement", "groups"),
    [
        pytest.param(market(), "neutral", "low", (), id="nothing"),
        pytest.param(market(UP), "strong", "high", (Group.STRUCTURE,), id="a break"),
        pytest.param(market(slopes=Slopes(1.0, 1.0)), "moderate", "high", (), id="means"),
        pytest.param(market(UP, slopes=Slopes(-1.0, -1.0)), "moderate", "moderate", (Group.STRUCTURE,), id="split"),
        pytest.param(replace(market(UP), faults=frozenset({Fault.GAP})), "invalid", "unknown", (Group.STRUCTURE,), id="invalid"),
    ],
)
def test_a_score_in_words(evidence: Evidence, strength: str, agreement: str, groups: tuple[Group, ...]) -> None:
    assert analysis(score(evidence, Side.BUY, RULES), RULES.analysis) == (strength, agreement, groups)


@hypothesis_settings(max_examples=10)
@given(st.integers(0, 1_000))
def test_the_total_is_what_the_groups_say(seed: int) -> None:
    found = score(seen(charts(walk(seed, 900))), Side.SELL, RULES)

    assert found.total == pytest.approx(sum(group.contribution for group in found.groups))
