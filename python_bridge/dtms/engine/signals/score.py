"""
The score: what the evidence is worth for one side of a trade.

``total`` is the sum over the groups of modifier times bounded figure, positive where the evidence is good for the trade. A score is
invalid when too few groups are available or the bars are at fault; it has then no total at all, so that lost data can never be
taken for a quiet market or a recovery.
"""

from dataclasses import dataclass
from typing import NamedTuple

from dtms.engine.signals.alignment import alignment_figure
from dtms.engine.signals.candle import conviction_figure
from dtms.engine.signals.evidence import Evidence
from dtms.engine.signals.flow import delta_figure, flip_share, opposite_share, volume_figure
from dtms.engine.signals.momentum import MomentumFigures, momentum_figures
from dtms.engine.signals.structure import figure_of
from dtms.engine.signals.vwap import flip_against, flip_figure
from dtms.names import Side
from dtms.settings_score import ScoreSettings, SignalSettings
from dtms.signal_names import Bands, Confluence, Family, Fault, Group, Session, Volatility


class GroupScore(NamedTuple):
    """
    One group.

    Attributes:
        figure: before clamp and modifier; None where the group is unavailable.
        bound: the figure counts up to this on either side.
        modifier: what the regime makes of it.
        contribution: modifier times bounded figure, 0 where the group is unavailable.
    """

    group: Group
    figure: float | None
    bound: float
    modifier: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Score:
    """
    The score of one side at one close.

    Attributes:
        time: close of the newest bar, ms UTC.
        groups: those that are configured for the symbol.
        total: S; None when the score is invalid.
        coverage: bounds of the available groups over those of the configured ones.
        ratio: the larger of positive and negative contributions over both; 0 where there are none.
        label: whether the contributions agree; neutral when the score is invalid.
        opposite_share: of volume, None where there is none.
        hedge_confluence: VWAP flipped against the trade and the opposite share is large; false when the score is invalid.
        families: in which this bar brought evidence against the trade.
    """

    side: Side
    time: int
    groups: tuple[GroupScore, ...]
    total: float | None
    coverage: float
    valid: bool
    faults: frozenset[Fault]
    ratio: float
    label: Confluence
    opposite_share: float | None
    flip_against: bool
    hedge_confluence: bool
    families: frozenset[Family]


class _Parts(NamedTuple):
    """What several answers are made of."""

    flip: float | None
    flip_against: bool
    share: float | None
    volume: float | None
    heavy: bool  # the opposite share is so large that it counts as a flip of volume
    momentum: MomentumFigures | None


def score(evidence: Evidence, side: Side, rules: SignalSettings) -> Score:
    """Return what the evidence is worth for a position of this side."""
    parts = _parts(evidence, side, rules)
    groups = tuple([_group(group, evidence, side, parts, rules) for group in _configured(evidence.symbol, rules.score)])
    configured = sum([group.bound for group in groups])
    available = sum([group.bound for group in groups if group.figure is not None])
    coverage = available / configured if configured > 0 else 0.0
    valid = not evidence.faults and coverage >= rules.score.coverage_min
    ratio, label = _confluence(groups, rules.score)
    return Score(
        side,
        evidence.time,
        groups,
        sum([group.contribution for group in groups]) if valid else None,
        coverage,
        valid,
        evidence.faults,
        ratio,
        label if valid else Confluence.NEUTRAL,
        parts.share,
        parts.flip_against,
        valid and parts.flip_against and parts.heavy,
        _families(evidence, side, parts),
    )


def modifier(group: Group, session: Session, volatility: Volatility, bands: Bands, settings: ScoreSettings) -> float:
    """Return what the regime makes of a group."""
    product = 1.0
    if bands is Bands.RANGE:
        product *= getattr(settings.in_range, group)
    if volatility is Volatility.HIGH:
        product *= getattr(settings.in_high, group)
    if session is Session.ASIAN:
        product *= getattr(settings.in_asian, group)
    return min(max(product, settings.modifier_min), settings.modifier_max)


def _configured(symbol: str, settings: ScoreSettings) -> tuple[Group, ...]:
    return settings.symbol_groups.get(symbol, settings.groups)


def _parts(evidence: Evidence, side: Side, rules: SignalSettings) -> _Parts:
    slow, fast = evidence.slow, evidence.fast
    volatility = slow.regime.volatility if slow is not None else Volatility.NORMAL
    flip, against = None, False
    if fast is not None and fast.vwap is not None:
        flip = flip_figure(fast.cross, side, rules.vwap)
        against = flip_against(fast.cross, side)
    share = opposite_share(evidence.flow, side)
    volume = volume_figure(share, volatility, rules.flow) if share is not None else None
    heavy = share is not None and share >= flip_share(volatility, rules.flow)
    momentum = momentum_figures(slow.momentum, side, volatility, rules.momentum) if slow is not None else None
    return _Parts(flip, against, share, volume, heavy, momentum)


def _group(group: Group, evidence: Evidence, side: Side, parts: _Parts, rules: SignalSettings) -> GroupScore:
    slow = evidence.slow
    bound: float = getattr(rules.score.bounds, group)
    volatility, bands = (slow.regime.volatility, slow.regime.bands) if slow is not None else (Volatility.NORMAL, Bands.TREND)
    factor = modifier(group, evidence.session, volatility, bands, rules.score)
    figure = _figure(group, evidence, side, parts, rules)
    contribution = 0.0 if figure is None else factor * min(max(figure, -bound), bound)
    return GroupScore(group, figure, bound, factor, contribution)


def _figure(group: Group, evidence: Evidence, side: Side, parts: _Parts, rules: SignalSettings) -> float | None:
    slow, fast, flow = evidence.slow, evidence.fast, evidence.flow
    match group:
        case Group.STRUCTURE:
            return figure_of(slow.structure.event, side, rules.structure) if slow is not None and slow.structure_known else None
        case Group.VWAP_VOLUME:
            known = [part for part in (parts.flip, parts.volume) if part is not None]
            return sum(known) if known else None
        case Group.MOMENTUM:
            return parts.momentum.rsi + parts.momentum.macd if parts.momentum is not None else None
        case Group.EMA_ALIGNMENT:
            return alignment_figure(slow.slopes, side, rules.alignment) if slow is not None else None
        case Group.DELTA_PRESSURE:
            return delta_figure(flow.z, side, rules.flow) if flow.z is not None else None
        case Group.CANDLE_CONVICTION:
            return conviction_figure(fast.conviction, side, rules.candle) if fast is not None else None


def _confluence(groups: tuple[GroupScore, ...], settings: ScoreSettings) -> tuple[float, Confluence]:
    contributions = [group.contribution for group in groups if group.contribution != 0]
    good = sum([c for c in contributions if c > 0])
    bad = -sum([c for c in contributions if c < 0])
    if not contributions:
        return 0.0, Confluence.NEUTRAL
    ratio = max(good, bad) / (good + bad)
    if ratio >= settings.agreement and len(contributions) >= settings.agreement_groups:
        return ratio, Confluence.FAVOURABLE if good > bad else Confluence.ADVERSE
    return ratio, Confluence.MIXED


def _families(evidence: Evidence, side: Side, parts: _Parts) -> frozenset[Family]:
    """Return the families with evidence against the trade on this very bar; a structure event counts on its own bar only."""
    found = set()
    event = evidence.slow.structure.event if evidence.slow is not None else None
    if event is not None and event.age == 0 and event.direction != side.direction:
        found.add(Family.STRUCTURAL)
    if parts.flip_against or parts.heavy:
        found.add(Family.VWAP)
    if parts.momentum is not None and parts.momentum.weak:
        found.add(Family.MOMENTUM)
    return frozenset(found)
