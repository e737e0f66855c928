"""
Server time to UTC (R28): the wire carries the broker's wall clock, everything above the session carries UTC.

Fields named ``ts_...`` are times, in messages and in the records inside them; which they are is read off the models once.
"""

from functools import cache
from typing import Any, Final, NamedTuple, TypeVar, get_args

from dtms.wire.messages import Record, Tick

RecordT = TypeVar("RecordT", bound=Record)

_MS: Final = 1_000


class _Plan(NamedTuple):
    times: tuple[str, ...]
    inside: tuple[str, ...]  # fields that hold records with times, or lists of them


@cache
def _plan(model: type[Record]) -> _Plan:
    times = tuple(name for name in model.FIELDS if name.startswith("ts_"))
    inside = tuple(name for name, field in model.model_fields.items() if _holds_times(field.annotation))
    return _Plan(times, inside)


def _holds_times(annotation: object) -> bool:
    candidates = (annotation, *get_args(annotation))
    return any(any(_plan(c)) for c in candidates if isinstance(c, type) and issubclass(c, Record))


def to_utc(value: RecordT, offset_s: int) -> RecordT:
    """Return the record with its times in UTC ms; ``offset_s`` is server time minus UTC."""
    plan = _plan(type(value))
    if not offset_s or not (plan.times or plan.inside):
        return value
    update: dict[str, Any] = {name: max(getattr(value, name) - offset_s * _MS, 0) for name in plan.times}
    for name in plan.inside:
        held = getattr(value, name)
        update[name] = [to_utc(item, offset_s) for item in held] if isinstance(held, list) else to_utc(held, offset_s)
    return value.model_copy(update=update)


def ticks_to_utc(ticks: tuple[Tick, ...], offset_s: int) -> tuple[Tick, ...]:
    """Return the quotes with their times in UTC ms."""
    shift = offset_s * _MS
    # Field by field: half of what _replace costs, and every quote comes by here.
    return tuple(
        [
            Tick(symbol, ts - shift, bid, ask, low, high, n, buys, sells, flags)
            for symbol, ts, bid, ask, low, high, n, buys, sells, flags in ticks
        ]
    )
