"""
The surface of the MetaTrader5 package over a scene (see ``tests/witness/scene.py``).

Signatures, named tuples and failures are those of the package: None or False and ``last_error``. Whatever could log in or trade
raises, after it was written down.
"""

import os
import pickle
import threading
from collections import namedtuple
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from tests.witness.scene import VARIABLE, Scene

from dtms.sim.records import deal_record, position_record
from dtms.witness.constants import CONSTANTS, VERSION

__version__ = VERSION

_POSITION = "time_msc time_update time_update_msc type magic identifier reason volume price_open sl tp price_current swap profit"
TradePosition = namedtuple("TradePosition", f"ticket time {_POSITION} symbol comment external_id")  # type: ignore[misc] # noqa: PYI024
_DEAL = "type entry magic position_id reason volume price commission swap profit fee symbol comment external_id"
TradeDeal = namedtuple("TradeDeal", f"ticket order time time_msc {_DEAL}")  # type: ignore[misc] # noqa: PYI024
AccountInfo = namedtuple("AccountInfo", "login trade_mode server")  # noqa: PYI024
TerminalInfo = namedtuple("TerminalInfo", "connected trade_allowed tradeapi_disabled build path")  # noqa: PYI024

_FILE = Path(os.environ[VARIABLE])
_state: dict[str, Any] = {"error": (1, "Success"), "attached": False, "read": False}


def _scene() -> Scene:
    stamp = _FILE.stat()
    return _loaded(stamp.st_ino, stamp.st_mtime_ns)


@lru_cache(maxsize=1)
def _loaded(*stamp: int) -> Scene:
    scene: Scene = pickle.loads(_FILE.read_bytes())  # noqa: S301 - the test wrote it
    return scene


def _call(name: str, *words: object, **named: object) -> Scene | None:
    """Write a call down and let happen what the scene says; None: it fails."""
    with _FILE.with_suffix(".calls").open("ab") as file:
        file.write(pickle.dumps((name, words, named)).hex().encode() + b"\n")
    scene = _scene()
    if name in scene.hanging:
        os.write(2, b"it hangs\n")
        threading.Event().wait()
    if name in scene.crashing:
        os._exit(5)
    if name in scene.raising:
        raise SystemError(f"{name} returned a result with an exception set")
    if name in scene.failing:
        _state["error"] = scene.failing[name]
        return None
    if name != "initialize" and not _state["attached"]:
        _state["error"] = (-10_004, "No IPC connection")
        return None
    _state["error"] = (1, "Success")
    return scene


def initialize(path: str | None = None, **named: object) -> bool:
    scene = _call("initialize", path, **named)
    if scene is None:
        return False
    if path != scene.path:
        _state["error"] = (-10_003, "IPC initialize failed, MetaTrader 5 x64 not found")
        return False
    _state["attached"] = True
    return True


def shutdown() -> None:
    _call("shutdown")
    _state["attached"] = False


def last_error() -> tuple[int, str]:
    error: tuple[int, str] = _state["error"]
    return error


def terminal_info() -> Any:
    scene = _call("terminal_info")
    return None if scene is None else TerminalInfo(scene.connected, False, True, 5_000, scene.path)


def account_info() -> Any:
    scene = _call("account_info")
    if scene is None:
        return None
    login = scene.after if scene.after is not None and _state["read"] else scene.login
    return AccountInfo(login, 0, scene.server)


def positions_total() -> int | None:
    scene = _call("positions_total")
    if scene is None:
        return None
    return len(scene.positions) if scene.counted is None else scene.counted


def positions_get() -> Any:
    scene = _call("positions_get")
    _state["read"] = True
    if scene is None:
        return None
    return tuple(_tuple(TradePosition, "POSITION_", position_record(p, p.price_open, 0.0)) for p in scene.positions)


def history_deals_get(date_from: int | None = None, date_to: int | None = None, *, position: int | None = None) -> Any:
    scene = _call("history_deals_get", date_from, date_to, position=position)
    if scene is None:
        return None
    if position is not None:
        chosen = [deal for deal in scene.deals if deal.position_id == position]
    else:
        assert date_from is not None
        assert date_to is not None
        chosen = [deal for deal in scene.deals if date_from <= deal.time_msc // 1_000 <= date_to]
    return tuple(_tuple(TradeDeal, "DEAL_", deal_record(deal)) for deal in chosen)


def _tuple(kind: Any, prefix: str, record: Any) -> Any:
    return kind(*(record[prefix + name.upper()] for name in kind._fields))


def _forbidden(name: str) -> Any:
    def refuse(*words: object, **named: object) -> NoReturn:
        _call(name, *words, **named)
        raise AssertionError(f"{name} was called")

    return refuse


login, order_send, order_check, Buy, Sell, Close = map(_forbidden, ("login", "order_send", "order_check", "Buy", "Sell", "Close"))
globals().update({**CONSTANTS, **_scene().constants})
