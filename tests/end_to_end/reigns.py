"""What must be true of any run with several Expert Advisors, by the broker's history and by what crossed the wire."""

from collections import Counter
from itertools import pairwise

from tests.end_to_end.experts import EXTRA_MS, GRACE_MS, Scene

from dtms.sim.mt5 import Retcode
from dtms.wire.messages import Logon, LogonAccepted, Logout


def acts_outside_its_reign(made: Scene) -> list[str]:
    """
    Requests of an Expert Advisor that was not the one told last that it is the manager.

    A role told at a time was told after the programs' turn at that time, so it counts for what was sent later.
    """
    reigns = made.reigns()
    wrong = []
    for request in made.requests():
        reigning = next((told.name for told in reversed(reigns) if told.at < request.sent_ms), None)
        if reigning != request.chart:
            wrong.append(f"{request.sent_ms}: {request.chart} sent {request.trade}, manager is {reigning}")
    return wrong


def takeovers_too_early(made: Scene) -> list[str]:
    """Managers made while the one before might have acted: neither had it taken leave nor was it silent for long enough (R09)."""
    wrong = []
    for before, after in pairwise(made.reigns()):
        if before.name == after.name:
            continue
        decided = after.turn
        if isinstance(after.body, LogonAccepted):  # answers leave after all that came with the logon was read
            logons = [x.turn for x in made.router.heard if x.name == after.name and isinstance(x.body, Logon)]
            decided = max(turn for turn in logons if turn < after.turn)
        reign = [x for x in made.router.heard if x.name == before.name and before.turn < x.turn < decided]
        last = reign[-1].at if reign else before.at
        if not any(isinstance(x.body, Logout) for x in reign) and after.at - last < GRACE_MS + EXTRA_MS:
            wrong.append(f"{after.at}: {after.name} after {before.name}, heard {after.at - last} ms before")
    return wrong


def executed_twice(made: Scene) -> list[str]:
    """Commands that the broker carried out more than once."""
    done = Counter(
        (x.trade.magic, x.trade.position, x.trade.sl) for x in made.requests() if x.retcode in {Retcode.DONE, Retcode.DONE_PARTIAL}
    )
    return [f"{key}: {times}" for key, times in done.items() if times > 1]
