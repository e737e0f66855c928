"""Values that tests are made of: a position, a specification, a quote; every field can be given."""

from typing import Any

from dtms.names import Side
from dtms.wire.messages import Position, SymbolSpec, Tick

OFFSET_S = 7_200
SERVER_MS = 1_700_000_000_000


def position(position_id: int = 1, **values: Any) -> Position:
    """A buy of 0.1 lots EURUSD at 1.1 with its stop 100 points below."""
    side = values.get("side", Side.BUY)
    fields = {
        "position_id": position_id,
        "ticket": position_id,
        "symbol": "EURUSD",
        "side": side,
        "volume": 0.1,
        "price_open": 1.1,
        "stop_loss": 1.099 if side is Side.BUY else 1.101,
        "take_profit": None,
        "magic": 0,
        "comment": "",
        "ts_open": SERVER_MS,
        "swap": 0.0,
        "commission": 0.0,
        "profit": 0.0,
        "reason": 4,
    }
    return Position.model_validate(fields | values)


def spec(symbol: str = "EURUSD", **values: object) -> SymbolSpec:
    """Five digits, one unit of money a tick and lot, no distances."""
    fields = {
        "symbol": symbol,
        "digits": 5,
        "point": 0.00001,
        "tick_size": 0.00001,
        "tick_value_profit": 1.0,
        "tick_value_loss": 1.0,
        "contract_size": 100_000.0,
        "volume_min": 0.01,
        "volume_max": 100.0,
        "volume_step": 0.01,
        "volume_limit": 0.0,
        "stops_level": 0,
        "freeze_level": 0,
        "trade_mode": 4,
        "execution_mode": 2,
        "filling_mask": 2,
        "order_mask": 127,
        "calc_mode": 0,
        "swap_mode": 1,
        "swap_long": 0.0,
        "swap_short": 0.0,
        "swap_triple_day": 3,
        "margin_hedged": 0.0,
        "currency_base": "EUR",
        "currency_profit": "USD",
        "currency_margin": "EUR",
        "path": "",
        "description": "",
        "sessions": [],
    }
    return SymbolSpec.model_validate(fields | values)


def tick(bid: float, ask: float | None = None, symbol: str = "EURUSD", **values: object) -> Tick:
    """One quote; the ask is a point above the bid unless given."""
    ask = bid + 0.00001 if ask is None else ask
    fields = {
        "ts_event": SERVER_MS,
        "low_bid": bid,
        "high_ask": ask,
        "quotes": 1,
        "buys": 0.0,
        "sells": 0.0,
        "flags": int(ask < bid),
    }
    return Tick(symbol=symbol, bid=bid, ask=ask, **(fields | values))  # type: ignore[arg-type]
