"""
The defensive state machine: where a trade stands, and what is done about it.

Read TABLE first. Everything that decides a trade's next state is in it; ``step`` only takes the first row whose condition holds,
and ``python -m contract`` draws ``schemas/STATES.md`` from it. Rows are in the order in which they are tried: T16 and T1, then
downwards, T10 before T9 (reading 27), and a hedged pair's equity stop (T15) before both.

A row without a target orders something and leaves the trade where it is: what it leads to is entered by another row, once the
broker has confirmed it. HEDGED, RECOVERING and CLOSED are entered in no other way (R22). A row that ``needs`` an action is not
taken where the preset does not have it, so that no preset leads into a state without a way out; a ``vital`` one is taken even for
a trade in quarantine. Timers are no actions that a caller must remember: entering a state of TIMERS arms one, leaving it ends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dtms.defence_names import OPEN_STATES, Action, State
from dtms.engine.defence.guards import Compare, Figure, Flag, Guard, Is, Op, either, every, no

_S: Final = Figure.SCORE
_ARMED, _HEALTHY, _L1, _L2 = State.ARMED, State.HEALTHY, State.WARNING_L1, State.WARNING_L2
_HEDGED, _RECOVERING, _CLOSING, _CLOSED = State.HEDGED, State.RECOVERING, State.CLOSING, State.CLOSED


@dataclass(frozen=True, slots=True)
class Row:
    """
    One row. ``to`` None: the trade stays; ``cancels``: what is owed and not under way is dropped; ``why``: said in every output.

    A ``routine`` is looked at beside the rows, in whatever state they lead to.
    """

    id: str
    sources: frozenset[State]
    guard: Guard
    to: State | None
    actions: tuple[Action, ...] = ()
    cancels: frozenset[Action] = frozenset()
    needs: Action | None = None
    why: str = ""
    vital: bool = False
    routine: bool = False


def _of(*states: State) -> frozenset[State]:
    return frozenset(states)


_SCORED: Final = Is(Flag.SCORED)
_TIME_UP: Final = Compare(Figure.BARS_LEFT, Op.AT_MOST, 0)
_DWELT: Final = Compare(Figure.DWELL, Op.AT_LEAST, "timers.dwell_bars")
_WORSE: Final = Compare(_S, Op.AT_MOST, "levels.second_warning")
_GATE: Final = every(
    Is(Flag.GATE),
    Compare(_S, Op.AT_MOST, "levels.gate_score"),
    Compare(Figure.WARNINGS, Op.AT_LEAST, "levels.gate_warnings"),
    Compare(Figure.FAMILIES, Op.AT_LEAST, "levels.gate_families"),
)
_WORST: Final = either(Compare(_S, Op.AT_MOST, "levels.hedge"), Is(Flag.CONFLUENCE))
_END: Final = (Action.CLOSE_ALL,)
_SECOND: Final = (Action.PARTIAL, Action.BREAK_EVEN)
_ALL: Final = frozenset(Action)


def _ends(row: str, sources: frozenset[State], guard: Guard, *, why: str, needs: Action | None = None, vital: bool = False) -> Row:
    """Return a row on which everything is closed and nothing else is owed any more."""
    return Row(row, sources, guard, _CLOSING, _END, cancels=_ALL, needs=needs, why=why, vital=vital)


def _routine(row: str, sources: frozenset[State], guard: Guard, action: Action, *, why: str) -> Row:
    """Return a row that orders one thing that its preset must have, beside the others."""
    return Row(row, sources, guard, None, (action,), needs=action, why=why, routine=True)


TABLE: Final[tuple[Row, ...]] = (
    Row("T16", _of(_CLOSING), Is(Flag.FLAT), _CLOSED, cancels=_ALL, why="everything is gone", vital=True),
    _ends(
        "T1",
        OPEN_STATES,
        every(Is(Flag.MAIN_GONE), Is(Flag.FAMILY_LEFT)),
        why="the position is gone, its hedge or child is not",
        vital=True,
    ),
    Row("T1", OPEN_STATES, Is(Flag.MAIN_GONE), _CLOSED, cancels=_ALL, why="the position is gone", vital=True),
    Row(
        "T0",
        _of(_ARMED),
        either(
            Compare(Figure.GAIN_R, Op.AT_LEAST, "start.gain_r"),
            Compare(Figure.AGE_S, Op.AT_LEAST, "start.age_s"),
            Compare(Figure.LOSS_R, Op.AT_LEAST, "start.loss_r"),
        ),
        _HEALTHY,
        why="monitoring started",
    ),
    _ends(
        "T2",
        _of(_HEDGED, _RECOVERING),
        every(_SCORED, Is(Flag.CHOCH_CONFIRMED)),
        why="CHOCH",
    ),
    _ends(
        "T2",
        _of(_L2),
        every(_SCORED, Is(Flag.CHOCH_CONFIRMED)),
        needs=Action.CLOSE_ALL,
        why="CHOCH",
    ),
    _ends(
        "T2",
        _of(_HEALTHY, _L1),
        every(_SCORED, Is(Flag.CHOCH_CONFIRMED), either(_WORSE, Is(Flag.CHOCH_ENDS))),
        needs=Action.CLOSE_ALL,
        why="CHOCH",
    ),
    Row(
        "T3",
        _of(_HEALTHY),
        every(_SCORED, Compare(_S, Op.AT_MOST, "levels.first_warning")),
        _L1,
        (Action.TIGHTEN,),
        cancels=frozenset({Action.RE_ADD, Action.TRAIL}),
        why="the evidence deteriorates",
    ),
    Row("T4", _of(_L1), every(_SCORED, either(_WORSE, _GATE)), _L2, _SECOND, why="the evidence is bad"),
    Row(
        "T5",
        _of(_L1),
        every(_SCORED, Compare(_S, Op.AT_LEAST, "levels.healthy_again"), _DWELT),
        _HEALTHY,
        cancels=frozenset({Action.TIGHTEN, *_SECOND, Action.OPEN_HEDGE}),
        why="the evidence is no longer bad",
    ),
    Row(
        "T6",
        _of(_L1),
        every(_SCORED, _TIME_UP, Compare(_S, Op.BELOW, "levels.flat_below")),
        _L2,
        _SECOND,
        why="the first warning lasts too long",
    ),
    Row(
        "T7",
        _of(_ARMED, _HEALTHY, _L1, _L2, _RECOVERING),
        Is(Flag.HEDGE_LIVES),
        _HEDGED,
        cancels=_ALL,
        why="the hedge is filled",
    ),
    _ends(
        "T7",
        _of(_L2),
        Compare(Figure.REFUSALS, Op.AT_LEAST, "hedge.refusals"),
        needs=Action.CLOSE_ALL,
        why="NO_HEDGE",
    ),
    Row(
        "T7",
        _of(_L2),
        every(_SCORED, _WORST, Is(Flag.HEDGE_FITS)),
        None,
        (Action.OPEN_HEDGE,),
        needs=Action.OPEN_HEDGE,
        why="the evidence is worst",
    ),
    _ends(
        "T7",
        _of(_L2),
        every(_SCORED, _WORST, no(Flag.HEDGE_COMES), no(Flag.HEDGE_SHOWN)),
        needs=Action.CLOSE_ALL,
        why="NO_HEDGE",
    ),
    Row(
        "T8",
        _of(_L2),
        every(_SCORED, Compare(_S, Op.AT_LEAST, "levels.first_again"), _DWELT, no(Flag.HEDGE_COMES)),
        _L1,
        cancels=frozenset({*_SECOND, Action.OPEN_HEDGE}),
        why="the evidence is less bad",
    ),
    # An equity stop waits for no evidence, as a broker's would not: it stands before T10.
    _ends(
        "T15",
        _of(_HEDGED),
        every(Is(Flag.EQUITY_STOP), Compare(Figure.PAIR_LOSS_R, Op.AT_LEAST, "hedge.pair_stop_r")),
        why="PAIR_STOP",
    ),
    Row(
        "T10",
        _of(_HEDGED),
        every(no(Flag.HEDGE_LIVES), Is(Flag.LIFTED)),
        _RECOVERING,
        why="the hedge is lifted",
    ),
    Row(
        "T10",
        _of(_HEDGED),
        every(_SCORED, Is(Flag.HEDGE_LIVES), Is(Flag.RESUMED)),
        None,
        (Action.CLOSE_HEDGE,),
        why="the structure resumed",
    ),
    _ends("T9", _of(_HEDGED), every(_TIME_UP, no(Flag.LIFTING)), why="FLAT_TIMER"),
    Row(
        "T11",
        _of(_HEDGED),
        every(no(Flag.HEDGE_LIVES), Is(Flag.RESUMED)),
        _RECOVERING,
        why="the hedge is gone, the structure resumed",
    ),
    _ends("T11", _of(_HEDGED), no(Flag.HEDGE_LIVES), why="HEDGE_LOST"),
    Row(
        "T12",
        _of(_RECOVERING),
        every(Is(Flag.SCHEDULED), Compare(_S, Op.AT_LEAST, "levels.recovered")),
        _HEALTHY,
        (Action.RE_ADD,),
        cancels=frozenset({Action.TIGHTEN, *_SECOND}),
        why="the recovery is confirmed",
    ),
    _ends(
        "T13",
        _of(_RECOVERING),
        every(_SCORED, either(Is(Flag.CHOCH), Compare(_S, Op.AT_MOST, "levels.recovery_failed"))),
        why="RECOVERY_BROKEN",
    ),
    _ends(
        "T14",
        _of(_RECOVERING),
        every(_TIME_UP, Is(Flag.SCHEDULED)),  # and S below the level of recovery, or T12 had been taken
        why="RECOVERY_FAILED",
    ),
    _ends("T15", OPEN_STATES, Is(Flag.MUST_CLOSE), why="RAIL"),
    _routine("TRAIL", _of(_HEALTHY), every(_SCORED, Is(Flag.TRAILS)), Action.TRAIL, why="the structure goes on"),
    _routine("R-9", OPEN_STATES - {_HEDGED}, Is(Flag.GAP_TIGHTENS), Action.TIGHTEN, why="a long closure is near"),
    _routine("PROTECT", OPEN_STATES - {_HEDGED}, Is(Flag.UNPROTECTED), Action.PROTECT, why="no stop"),
)

# A deep check goes on through several levels (note e); these are tried again after those (reading 24).
CHAINING: Final = frozenset({"T3", "T4", "T6"})
CHAINED: Final = frozenset({"T2", "T4", "T7"})

# Which timer a state has, as the path of its setting.
TIMERS: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.WARNING_L1: "timers.flat_bars",
        State.HEDGED: "timers.flat_bars",
        State.RECOVERING: "timers.recovery_bars",
    }
)
