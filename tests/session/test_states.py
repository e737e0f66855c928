"""The table of a connection's states."""

import pytest

from dtms.errors import IllegalSignal
from dtms.session.states import TRANSITIONS, Signal, State, step


def test_every_state_can_be_left_for_good_by_what_the_transport_says() -> None:
    for state in State:
        if state is not State.CLOSED:
            assert step(state, Signal.LOST) is State.CLOSED


def test_closed_is_final() -> None:
    for signal in Signal:
        with pytest.raises(IllegalSignal, match=f"{signal.value} while closed"):
            step(State.CLOSED, signal)


def test_only_an_accepted_logon_leads_up_and_only_a_frame_back_from_silence() -> None:
    ways = {(state, signal) for state, row in TRANSITIONS.items() for signal, end in row.items() if end is State.UP}

    assert ways == {(State.ASKING, Signal.ACCEPTED), (State.UP, Signal.FRAME), (State.SILENT, Signal.FRAME)}


def test_before_the_logon_is_answered_any_other_frame_closes() -> None:
    assert step(State.NEW, Signal.FRAME) is State.CLOSED
    assert step(State.ASKING, Signal.FRAME) is State.CLOSED
    assert step(State.ASKING, Signal.LOGON) is State.CLOSED
