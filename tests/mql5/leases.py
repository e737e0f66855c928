"""
Plans for silence, and silence itself, for tests of the lease (R27).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.mql5.support import Harness

from dtms.names import NoticeCode, OnSilence, OpenKind, Side
from dtms.wire.link_messages import LeasePlan
from dtms.wire.messages import Lease, Notice, Snapshot

INPUTS = {"CatchUpMs": 2_000, "MaxOpenLots": 5, "AllowAutonomousModify": True, "AllowAutonomousClose": True}
GRACE_S = 30


@contextmanager
def leased(tmp_path: Path, *, inputs: dict[str, object] | None = None, **options: Any) -> Iterator[Harness]:
    """A program that is logged on and may act by itself."""
    with Harness(tmp_path, inputs=INPUTS | (inputs or {}), **options) as life:
        life.start()
        yield life


def plan(position: int, on_silence: OnSilence = OnSilence.TIGHTEN, **fields: Any) -> LeasePlan:
    """A plan of half a minute for a long position that asks for nothing more than it is told."""
    values: dict[str, Any] = dict.fromkeys(LeasePlan.FIELDS)
    values |= {
        "position_id": position,
        "ticket": position,
        "side": Side.BUY,
        "on_silence": on_silence,
        "grace_s": GRACE_S,
        "pair_ticket": 0,
    }
    return LeasePlan(**values | {"require_stop": False, "volume": 0.3} | fields)


def lease(life: Harness, *plans: LeasePlan) -> None:
    life.router.send(Lease(plans=list(plans)))
    life.settle()


def fall_silent(life: Harness) -> None:
    """The bridge hangs: connections are accepted, nothing is answered."""
    life.router.beats, life.router.credit, life.router.accept = False, False, None


def come_back(life: Harness, **accept: Any) -> None:
    """The bridge answers logons again; until its first snapshot has come."""
    life.router.frames.clear()
    life.router.beats, life.router.credit, life.router.accept = True, True, accept
    life.until(lambda: life.router.of(Snapshot), limit_ms=60_000)


def pass_time(life: Harness, seconds: float, *, bid: float = 1.1, symbol: str | None = None) -> None:
    """Let time pass with a quote a second."""
    for _ in range(int(seconds)):
        life.quote(symbol, bid=bid)
        life.advance(1_000, step=50)


def acts(life: Harness) -> list[str]:
    """What the program said that it did by itself."""
    return [notice.text for notice in life.router.of(Notice) if notice.code is NoticeCode.AUTONOMOUS]


def kinds_of_deals(life: Harness) -> list[int]:
    """Kinds of the tags of deals that no human made."""
    deals = life.broker.standing.holdings.deals.values()
    return [deal.magic >> 44 & 0xF for deal in deals if deal.magic >> 48 == 0x2D7D]


AUTONOMOUS = int(OpenKind.AUTONOMOUS)
