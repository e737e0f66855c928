"""
Trades out of the rows of the table ``trades``; ``records`` is the way there.

Made for the start with thousands of them: nothing is validated again that was validated before it was written, objects are made
without their constructors, and what many rows share is read once.
"""

import dataclasses
import json
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

import msgpack

from dtms.defence_names import Owner, Quality, State
from dtms.engine.defence.record import Defence, Mark, Timer
from dtms.engine.trade import Trade, TradeKey
from dtms.errors import RecordError
from dtms.names import Reason, Side
from dtms.store.packing import Codec, Shape
from dtms.store.records import COLUMNS, DEFENCE_REST, STAMPS, TRADE_REST, Row, unsigned
from dtms.wire.messages import Position

_SHARED: Final = 4_096  # contents that are remembered while a load lasts
_SIDES: Final = {int(side): side for side in Side}
_REASONS: Final = {int(reason): reason for reason in Reason}
_STATES: Final = {state.value: state for state in State}
_QUALITIES: Final = {quality.value: quality for quality in Quality}
_OWNERS: Final = {owner.value: owner for owner in Owner}
_FIELD_SET: Final = set(Position.FIELDS)
_FIELDS: Final = {kind: {field.name: field for field in dataclasses.fields(kind)} for kind in (Trade, Defence)}
_POSITION_AT: Final = COLUMNS.index("ticket")
_TRADE_AT: Final = COLUMNS.index("managed")
_DEFENCE_AT: Final = COLUMNS.index("state")
_SHAPE_AT: Final = COLUMNS.index("shape")
_RECORD_AT: Final = COLUMNS.index("record")


def _setters(kind: type, *names: str) -> tuple[Callable[[Any, Any], None], ...]:
    return tuple(kind.__dict__[name].__set__ for name in names)


_key, _position, _managed, _initial_stop, _risk, _risk_synthetic, _initial_volume, _quarantine, _defence = _setters(
    Trade, "key", "position", "managed", "initial_stop", "risk", "risk_synthetic", "initial_volume", "quarantine", "defence"
)
_TRADE_SETTERS: Final = _setters(Trade, *TRADE_REST)
_state, _previous, _entered, _last_bar, _dwell, _timer, _episode, _d_risk, _d_synthetic, _closed_volume = _setters(
    Defence, "state", "previous", "entered", "last_bar", "dwell", "timer", "episode", "risk", "risk_synthetic", "closed_volume"
)
_partials, _refusals, _lifted_bar, _hedged_at, _gone, _quality, _owner, _deep_bar, _version, _mark = _setters(
    Defence, "partials", "refusals", "lifted_bar", "hedged_at_utc", "gone", "quality", "owner", "deep_bar", "version", "mark"
)
_DEFENCE_SETTERS: Final = (*_setters(Defence, *DEFENCE_REST), *_setters(Defence, *STAMPS))


class Reader(NamedTuple):
    """What reads the packed columns of one shape: the rest of a trade with that of its defence, and the last score."""

    record: Callable[[bytes], tuple[tuple[Any, ...], tuple[Any, ...] | None]]
    mark: Callable[[bytes], Mark]


def readers(shapes: Mapping[int, str]) -> dict[int, Reader]:
    """
    Return what reads the packed columns, by their shape.

    Raises:
        RecordError: A shape is none of ours.
    """
    try:
        return {number: _reader(json.loads(text)) for number, text in shapes.items()}
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise RecordError(f"the shapes of the records cannot be read: {error}") from error


def from_rows(rows: Iterable[Row], by_shape: Mapping[int, Reader]) -> Iterator[Trade]:
    """
    Yield the trades of rows as they stand in ``COLUMNS``; whether they are as they were written is ``records.intact``'s business.

    Raises:
        RecordError: A row is no trade.
    """
    new_trade, new_tuple, set_trade = Trade.__new__, tuple.__new__, _TRADE_SETTERS
    for row in rows:
        account, position_id, generation = row[:_POSITION_AT]
        try:
            reader = by_shape[row[_SHAPE_AT]]
            trade_rest, defence_rest = reader.record(row[_RECORD_AT])
            if position_id < 0:
                position_id = unsigned(position_id)
            # A frozen dataclass: its slots are set without its __init__, at half the cost.
            trade = new_trade(Trade)
            _key(trade, new_tuple(TradeKey, (account, position_id, generation)))
            _position(trade, _positioned(position_id, *row[_POSITION_AT:_TRADE_AT]))
            managed, initial_stop, risk, synthetic, initial_volume, quarantine = row[_TRADE_AT:_DEFENCE_AT]
            _managed(trade, managed != 0)
            _initial_stop(trade, initial_stop)
            _risk(trade, risk)
            _risk_synthetic(trade, synthetic != 0)
            _initial_volume(trade, initial_volume)
            _quarantine(trade, quarantine)
            for put, value in zip(set_trade, trade_rest, strict=True):
                put(trade, value)
            _defence(trade, None if defence_rest is None else _defended(reader, defence_rest, *row[_DEFENCE_AT:_SHAPE_AT]))
        except (LookupError, TypeError, ValueError, AttributeError, msgpack.UnpackException) as error:
            raise RecordError(f"position {position_id} of {account} cannot be read: {error!r}") from error
        yield trade


# fmt: off
def _positioned(  # noqa: PLR0917 - the columns, in their order
    position_id: int, ticket: int, symbol: str, side: int, volume: float, price_open: float, stop_loss: float | None,
    take_profit: float | None, magic: int, comment: str, ts_open: int, swap: float, commission: float, profit: float, reason: int,
) -> Position:
    if ticket < 0 or magic < 0:
        ticket, magic = unsigned(ticket), unsigned(magic)
    # What pydantic's own model_construct does, at a third of its cost.
    position, put = Position.__new__(Position), object.__setattr__
    put(position, "__pydantic_fields_set__", _FIELD_SET)
    put(position, "__pydantic_extra__", None)
    put(position, "__pydantic_private__", None)
    put(position, "__dict__", {
        "position_id": position_id, "ticket": ticket, "symbol": symbol, "side": _SIDES[side], "volume": volume,
        "price_open": price_open, "stop_loss": stop_loss, "take_profit": take_profit, "magic": magic, "comment": comment,
        "ts_open": ts_open, "swap": swap, "commission": commission, "profit": profit, "reason": _REASONS[reason],
    })
    return position


def _defended(  # noqa: PLR0917 - the columns, in their order
    reader: Reader,
    rest: tuple[Any, ...],
    state: str,
    previous: str,
    quality: str,
    owner: str,
    timer_start: int | None,
    timer_bars: int | None,
    mark: bytes | None,
    entered: int,
    last_bar: int,
    dwell: int,
    episode: int,
    risk: float | None,
    risk_synthetic: int,
    closed_volume: float,
    partials: int,
    refusals: int,
    lifted_bar: int,
    hedged_at: int,
    gone: int,
    deep_bar: int,
    version: int,
) -> Defence:
    # fmt: on
    defence = Defence.__new__(Defence)
    _state(defence, _STATES[state])
    _previous(defence, _STATES[previous])
    _entered(defence, entered)
    _last_bar(defence, last_bar)
    _dwell(defence, dwell)
    _timer(defence, None if timer_start is None or timer_bars is None else Timer(timer_start, timer_bars))
    _episode(defence, episode)
    _d_risk(defence, risk)
    _d_synthetic(defence, risk_synthetic != 0)
    _closed_volume(defence, closed_volume)
    _partials(defence, partials)
    _refusals(defence, refusals)
    _lifted_bar(defence, lifted_bar)
    _hedged_at(defence, hedged_at)
    _gone(defence, gone != 0)
    _quality(defence, _QUALITIES[quality])
    _owner(defence, _OWNERS[owner])
    _deep_bar(defence, deep_bar)
    _version(defence, version)
    _mark(defence, None if mark is None else reader.mark(mark))
    for put, value in zip(_DEFENCE_SETTERS, rest, strict=True):
        put(defence, value)
    return defence


def _reader(shape: Shape) -> Reader:
    codec = Codec({name: tuple(fields) for name, fields in shape.items()})
    trade, defence = _rest(codec, "record", TRADE_REST, Trade), _rest(codec, "defence", DEFENCE_REST, Defence)
    mark = codec.of(Mark).unpack
    stamps = tuple(_default(_FIELDS[Defence][name])() for name in STAMPS)
    unpack = msgpack.unpackb

    # Trades that nothing has happened to yet have the same record, byte for byte; what it stands for is frozen and can be shared.
    @lru_cache(maxsize=_SHARED)
    def read(record: bytes) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
        of_trade, of_defence = unpack(record)
        return trade(of_trade), None if of_defence is None else defence(of_defence) + stamps

    @lru_cache(maxsize=_SHARED)
    def read_mark(packed: bytes) -> Mark:
        plain = unpack(packed)
        return typing.cast(Mark, plain if mark is None else mark(plain))

    return Reader(read, read_mark)


def _rest(codec: Codec, name: str, hints: Mapping[str, Any], kind: Any) -> Callable[[list[Any]], tuple[Any, ...]]:
    """Return what reads the fields that are in no column, in their order; one that was not written yet has its default."""
    codec.record(name, hints, dict)
    written = {field: index for index, field in enumerate(codec.written(name))}
    wanted = [(written.get(field), codec.of(hint).unpack, _default(_FIELDS[kind][field])) for field, hint in hints.items()]

    def read(plain: list[Any]) -> tuple[Any, ...]:
        return tuple(
            default() if index is None else plain[index] if convert is None else convert(plain[index])
            for index, convert, default in wanted
        )

    return read


def _default(field: "dataclasses.Field[Any]") -> Callable[[], Any]:
    """Return what makes the value of a field that was added after a record was written."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory
    return partial(_given, field)


def _given(field: "dataclasses.Field[Any]") -> Any:
    if field.default is dataclasses.MISSING:
        raise RecordError(f"the record has no {field.name}")
    return field.default
