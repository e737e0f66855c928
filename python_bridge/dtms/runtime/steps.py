"""The steps of a start, in their order, and which one a running service has come to."""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dtms.runtime.snapshots import ServiceView
from dtms.session.states import State


class Step(enum.StrEnum):
    """What is being done; a start is over with ``READY``."""

    CONFIGURATION = "configuration"
    STORE = "store"
    LINK = "link"
    TERMINAL = "terminal"
    POSITIONS = "positions"
    READY = "ready"


SENTENCES: Final[Mapping[Step, str]] = MappingProxyType(
    {
        Step.CONFIGURATION: "the configuration is read and valid",
        Step.STORE: "the store is open and whole",
        Step.LINK: "the address is bound",
        Step.TERMINAL: "a terminal has logged on",
        Step.POSITIONS: "its positions agree with what the store remembers",
        Step.READY: "the desk looks after them",
    }
)
"""What is true once a step has been taken."""


def step_of(view: ServiceView) -> Step:
    """Return the step that a service is about; a service of several accounts is ready when one of them is."""
    if any(account.view_known for account in view.accounts):
        return Step.READY
    up = any(terminal.state == State.UP.value for account in view.accounts for terminal in account.terminals)
    return Step.POSITIONS if up else Step.TERMINAL
