"""The tables of single classes, by their class."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dtms.store.rows import AccountDay, Hedge, LeaseKept, Rails, Registration, ScoreTaken, Transition
from dtms.store.tables import Table

_TRADE = ("account", "position_id", "generation")

TRANSITIONS = Table("transitions", Transition, (*_TRADE, "ts", "state_from", "state_to"))
SCORES = Table("scores", ScoreTaken, (*_TRADE, "ts"))
HEDGES = Table("hedges", Hedge, (*_TRADE, "hedge_ticket"))
LEASES = Table("leases", LeaseKept, _TRADE)
REGISTRY = Table("registry", Registration, ("account", "position_id"))
RAILS = Table("rails", Rails, ("account",))
DAYS = Table("account_days", AccountDay, ("account", "day"))

BY_CLASS: Mapping[type, Table[Any]] = MappingProxyType(
    {
        Transition: TRANSITIONS,
        ScoreTaken: SCORES,
        Hedge: HEDGES,
        LeaseKept: LEASES,
        Registration: REGISTRY,
        Rails: RAILS,
        AccountDay: DAYS,
    }
)
