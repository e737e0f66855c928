"""A terminal that lives on while the bridge is killed and begun anew on the same database."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.runtime.bench import Bench, acting, bench
from tests.runtime.defended import FULL, Defended
from tests.runtime.market_side import MarketSide
from tests.session.made import SERVER_MS
from tests.store.made import DAILY, Prompt

from dtms.names import DealEntry, DealType, Reason
from dtms.settings import DeskSettings, Settings
from dtms.store.opening import open_store
from dtms.wire.messages import Deal

QUICK = DeskSettings(check_ms=100)


@contextmanager
def life(folder: Path, settings: Settings | None = None, *, at: int = 0) -> Iterator[Bench]:
    """One life of the bridge; leaving it kills it: nothing is said to anybody, what was not written is lost."""
    with closing(open_store(folder, DAILY)) as journal, bench(settings or acting(desk=QUICK), Prompt(journal)) as desk:
        desk.now = max(at, desk.now)
        yield desk


@contextmanager
def defended_life(folder: Path, before: Defended, settings: Settings | None = None, *, after_ms: int = 1_000) -> Iterator[Defended]:
    """The next life of a bridge that was defending, so long after the end of the one before; nobody has logged on yet."""
    with life(folder, settings or acting(defence=FULL), at=before.desk.now + after_ms) as desk:
        yield Defended(desk, before.side, before.tape)


def back(on: Defended) -> None:
    """The terminal dials again, and everything that follows is done."""
    on.desk.dial(on.side)
    on.quote()
    on.pass_time(1_000)


def deal(position_id: int, volume: float, number: int = 50, **values: Any) -> Deal:
    """A deal that closed lots of a position by its stop."""
    fields: dict[str, Any] = {
        "ts_event": SERVER_MS,
        "deal": number,
        "order": number,
        "position_id": position_id,
        "symbol": "EURUSD",
        "deal_type": DealType.SELL,
        "entry": DealEntry.OUT,
        "reason": Reason.STOP_LOSS,
        "volume": volume,
        "price": 1.099,
        "profit": -10.0,
        "commission": 0.0,
        "fee": 0.0,
        "swap": 0.0,
        "magic": 0,
        "comment": "",
    }
    return Deal.model_validate(fields | values)


def new_life(side: MarketSide) -> None:
    """The Expert Advisor was restarted, too."""
    side.nonce += 1
    side.boot += 1
    side.seq_in = side.seq_out = 0
