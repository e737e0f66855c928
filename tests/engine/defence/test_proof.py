"""A decision and its proof: carried, explained, written, read back, checked against itself."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.defence.scene import BOS, CHOCH, Scene

from dtms.defence_names import State, Trigger
from dtms.engine.decide import Decision
from dtms.engine.defence.explain import explain
from dtms.engine.defence.proof import Proof
from dtms.engine.defence.verify import contribution, dump, load, verify
from dtms.engine.defence.view import GroupMark
from dtms.names import Side

GROUPS = (
    GroupMark("structure", -6.0, 3.0, 0.8, -2.4),
    GroupMark("vwap_volume", -2.0, 2.0, 0.8, -1.6),
    GroupMark("momentum", None, 2.0, 1.0, 0.0),
    GroupMark("ema_alignment", 0.5, 1.5, 1.0, 0.5),
)
TOTAL = -3.5
COVERAGE = 6.5 / 8.5


def proven(decision: Decision) -> Proof:
    assert decision.proof is not None
    return decision.proof


def checked(**values: Any) -> Scene:
    scene = Scene(Side.SELL)
    scene.deep(TOTAL, groups=GROUPS, coverage=COVERAGE, **values)
    return scene


def test_a_decision_carries_inputs_limits_margins_rule_and_configuration() -> None:
    proof = proven(checked().decisions[-1])
    (row,) = [looked for looked in proof.looked if looked.row == "T3"]
    score = next(check for check in row.checks if check.name == "S")

    assert (proof.rule, proof.state, proof.digest) == ("T3", State.WARNING_L1, "d1ge57")
    assert (score.value, score.limit, score.margin, score.holds) == (-3.5, -2.0, 1.5, True)
    assert proof.market.view is not None
    assert proof.market.view.judgement is not None
    assert proof.market.view.judgement.groups == GROUPS
    assert proof.command is not None


def test_a_row_that_was_missed_says_by_how_much() -> None:
    scene = Scene(state=State.WARNING_L1)
    scene.deep(-3.75)
    (row,) = [looked for looked in proven(scene.decisions[-1]).looked if looked.row == "T4"]

    assert not row.holds
    assert row.checks[1].margin == -0.25


def test_the_proof_of_every_decision_of_a_long_story_holds_and_is_read_back_as_it_was() -> None:
    scene = Scene()
    scene.hedge()
    scene.deep(-1.0, event=BOS)
    scene.settle()
    scene.deep(1.0)
    scene.settle()
    scene.deep(None)
    scene.deep(-5.0, event=CHOCH)
    scene.settle()
    proofs = [decision.proof for decision in scene.decisions if decision.proof is not None]

    assert len(proofs) > 10
    for proof in proofs:
        written = dump(proof)
        assert load(written) == proof
        assert verify(written) == (True, ())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("market", 2, "judgement", "total"), -1.0),
        (("market", 2, "judgement", "coverage"), 0.9),
        (("market", 2, "judgement", "groups", 0, 4), -2.5),
        (("market", 2, "judgement", "atr5"), 0.002),
        (("market", 1, 0), 1.0990),
        (("command", "value", "stop_loss"), 1.1007),
        (("taken",), []),
        (("state",), "healthy"),
        (("rules", 2, 0, "levels", "first_warning"), -3.9),
        (("rules", 2, 0, "stops", "tighten_r"), 0.4),
        (("before", "defence", "state"), "warning_l2"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_proof_that_was_changed_does_not_hold(path: tuple[str | int, ...], value: object) -> None:
    document = json.loads(dump(proven(checked().decisions[-1])))
    at = document
    for name in path[:-1]:
        at = at[name]
    assert at[path[-1]] != value
    at[path[-1]] = value

    verification = verify(json.dumps(document).encode())
    assert not verification.agrees
    assert verification.differences


def test_a_figure_may_differ_by_one_part_in_a_thousand_million() -> None:
    document = json.loads(dump(proven(checked().decisions[-1])))
    document["command"]["value"]["stop_loss"] *= 1 + 5e-10
    assert verify(json.dumps(document).encode()).agrees
    document["command"]["value"]["stop_loss"] *= 1 + 5e-9

    assert not verify(json.dumps(document).encode()).agrees


@pytest.mark.parametrize("data", [b"{}", b"[]", b"no", b'{"format": 2}'])
def test_what_is_no_proof_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the tree of pydantic and json errors has this root
        load(data)


def test_an_event_of_no_kind_that_is_known_is_an_error() -> None:
    document = json.loads(dump(proven(checked().decisions[-1])))
    document["event"]["type"] = "Sunshine"

    with pytest.raises(ValueError, match="Sunshine"):
        load(json.dumps(document).encode())


@given(figure=st.one_of(st.none(), st.floats(-10, 10)), bound=st.floats(0, 3), modifier=st.floats(0.5, 1.5))
def test_a_group_adds_modifier_times_bounded_figure(figure: float | None, bound: float, modifier: float) -> None:
    assert abs(contribution(figure, bound, modifier)) <= modifier * bound


def test_the_explanation_says_what_was_seen_decided_and_missed() -> None:
    text = "\n".join(explain(proven(checked().decisions[-1])))

    for words in (
        "Sell of 0.1 lots EURUSD (position 1) was healthy, is warning_l1.",
        "-0.30 R; stop 1.101.",
        "S = -3.50 (coverage 76%): structure -6.00 cut to 3 x 0.80 = -2.40; vwap_volume -2.00 x 0.80 = -1.60; momentum unavailable",
        "T3: healthy -> warning_l1 (the evidence deteriorates); ordered: tighten_sl, because",
        "S -3.5 <= -2, by 1.5",
        "Not T4 to warning_l2: it needs S -3.5 <= -4, short by 0.5",
        "Command: stop from 1.101 to 1.1006, target none kept.",
    ):
        assert words in text


def test_every_command_and_every_kind_of_check_can_be_explained() -> None:
    scene = Scene()
    scene.hedge()
    scene.deep(None, trigger=Trigger.EMERGENCY)
    scene.deep(-1.0, event=CHOCH)
    scene.settle()
    bare = Scene(state=State.ARMED, stop=None)
    bare.deep(0.5, bars=0, atr15=None)
    decisions = scene.decisions + bare.decisions
    text = "\n".join(line for decision in decisions if decision.proof is not None for line in explain(decision.proof))

    for words in ("leave 0.05 lots", "sell 0.05 lots as hedge", "close ticket 1", "The score was invalid", "which is not known"):
        assert words in text


def test_a_fast_check_without_effect_needs_no_proof() -> None:
    scene = Scene(price=0.1)
    scene.look()

    assert scene.look().proof is None
