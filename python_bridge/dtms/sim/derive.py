"""
A sensible specification from a symbol's name and, where there is one, the grid of its price file.

Contract sizes, digits and swaps are those that retail brokers commonly use. Suffixes (``EURUSD.x``, ``XAUUSDm``)
are kept in the name and do not matter.
"""

import re
from dataclasses import dataclass
from typing import Final

from dtms.sim.spec import CFD, DAY_S, FX_CLOSE_S, FX_OPEN_S, Sessions, SymbolSpec, weekly

_CODES: Final = "USDEURGBPJPYCHFAUDNZDCADSEKNOKDKKPLNHUFCZKTRYZARMXNSGDHKDCNH"
_CURRENCIES: Final = frozenset(_CODES[i : i + 3] for i in range(0, len(_CODES), 3))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a family of instruments has in common."""

    group: str
    digits: int
    contract: float
    currency: str = "USD"
    margin_rate: float = 1.0
    break_s: tuple[int, int] | None = None
    volume_step: float = 0.01


# Metals and oil pause for an hour around the end of the server's day in New York.
_FAMILIES: Final[tuple[tuple[str, _Kind], ...]] = (
    (r"^(XAU|GOLD)", _Kind("Metals", 2, 100.0, break_s=(0, 3_600))),
    (r"^(XAG|SILVER)", _Kind("Metals", 3, 5_000.0, break_s=(0, 3_600))),
    (r"^(USOIL|UKOIL|WTI|BRENT|XTI|XBR|CL)", _Kind("Energies", 3, 1_000.0, margin_rate=5.0, break_s=(0, 3_600))),
    (r"^(US30|US500|SPX|NAS|US100|USTEC|DJ)", _Kind("Indices", 1, 1.0, margin_rate=5.0, volume_step=0.1)),
    (r"^(GER|DE|DAX|EU50|STOXX|FRA)", _Kind("Indices", 1, 1.0, "EUR", margin_rate=5.0, volume_step=0.1)),
    (r"^(BTC|ETH|LTC|XRP)", _Kind("Crypto", 2, 1.0, margin_rate=50.0)),
)


def derive_spec(name: str, *, digits: int | None = None, offset_s: int = 0, commission: float = 0.0) -> SymbolSpec:
    """
    A specification for a symbol.

    Args:
        name: as the broker spells it.
        digits: decimals of the recorded prices; wins over what the name suggests.
        offset_s: the server's time minus UTC, for the sessions of foreign exchange.
        commission: deposit currency per lot and side.
    """
    upper = name.upper()
    base, quote = upper[:3], upper[3:6]
    if base in _CURRENCIES and quote in _CURRENCIES:
        return _forex(name, digits, offset_s, commission)
    for pattern, kind in _FAMILIES:
        if re.match(pattern, upper):
            return _cfd(name, kind, digits, offset_s, commission)
    return _cfd(name, _Kind("Other", 2, 1.0), digits, offset_s, commission)


def _forex(name: str, digits: int | None, offset_s: int, commission: float) -> SymbolSpec:
    base, quote = name[:3].upper(), name[3:6].upper()
    places = digits if digits is not None else (3 if quote == "JPY" else 5)
    sessions = weekly(FX_OPEN_S, FX_CLOSE_S, offset_s)
    return SymbolSpec(
        name=name,
        description=f"{base} vs {quote}",
        path=f"Forex\\{name}",
        currency_base=base,
        currency_profit=quote,
        currency_margin=base,
        digits=places,
        tick_size=round(10.0**-places, places),
        swap_long=-6.0,
        swap_short=1.5,
        commission=commission,
        quote_sessions=sessions,
        trade_sessions=sessions,
    )


def _cfd(name: str, kind: _Kind, digits: int | None, offset_s: int, commission: float) -> SymbolSpec:
    places = digits if digits is not None else kind.digits
    sessions = _week_of(kind, offset_s)
    return SymbolSpec(
        name=name,
        description=name,
        path=f"{kind.group}\\{name}",
        currency_base=kind.currency,
        currency_profit=kind.currency,
        currency_margin=kind.currency,
        digits=places,
        tick_size=round(10.0**-places, places),
        contract_size=kind.contract,
        calc_mode=CFD,
        volume_min=kind.volume_step,
        volume_step=kind.volume_step,
        swap_long=-10.0,
        swap_short=-2.0,
        margin_rate=kind.margin_rate,
        commission=commission,
        quote_sessions=sessions,
        trade_sessions=sessions,
    )


def _week_of(kind: _Kind, offset_s: int) -> Sessions:
    if kind.group == "Crypto":
        return weekly(0, 7 * DAY_S)
    if kind.break_s is not None:  # given in the server's days, Monday to Friday, as such terminals show them
        return weekly(DAY_S, 6 * DAY_S, 0, kind.break_s)
    return weekly(FX_OPEN_S, FX_CLOSE_S, offset_s)
