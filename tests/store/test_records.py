"""Trades as rows, and values of dataclasses as plain ones: what is written is what is read."""

import dataclasses
import enum
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import position
from tests.store.made import trade

from dtms.engine.obligation import Obligation, Stage
from dtms.engine.trade import Trade, TradeKey
from dtms.errors import RecordError
from dtms.names import Reason, Side
from dtms.store import loading, quarantine, reading, records, statements
from dtms.store.journal import Note
from dtms.store.packing import Codec
from dtms.wire.base import LOTS_MAX, PRICE_MAX, U64
from dtms.wire.messages import Position

PRICES = st.floats(min_value=5e-324, max_value=PRICE_MAX)
MONEY = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
OBLIGATIONS = st.builds(
    Obligation,
    st.sampled_from(Stage),
    st.integers(0, 100),
    st.integers(0, 2**62),
    st.integers(0, 2**44),
    st.none() | MONEY,
    st.integers(0, 9),
)
POSITIONS = st.builds(
    Position,
    position_id=st.integers(1, U64),
    ticket=st.integers(1, U64),
    symbol=st.text(st.characters(codec="utf-8"), min_size=1, max_size=64),
    side=st.sampled_from(Side),
    volume=st.floats(min_value=5e-324, max_value=LOTS_MAX),
    price_open=PRICES,
    stop_loss=st.none() | PRICES,
    take_profit=st.none() | PRICES,
    magic=st.integers(0, U64),
    comment=TEXT,
    ts_open=st.integers(0, 2**63 - 1),
    swap=MONEY,
    commission=MONEY,
    profit=MONEY,
    reason=st.sampled_from(Reason),
)
TRADES = st.builds(
    lambda held, account, generation, **values: Trade(TradeKey(account, held.position_id, generation), held, **values),
    POSITIONS,
    TEXT,
    st.integers(1, 2**31),
    managed=st.booleans(),
    initial_stop=st.none() | PRICES,
    risk=st.none() | PRICES,
    risk_synthetic=st.booleans(),
    initial_volume=st.floats(0, LOTS_MAX),
    break_even=OBLIGATIONS,
    close=st.none() | OBLIGATIONS,
    quarantine=st.none() | TEXT,
)


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    quarantine.create(connection, Path("memory"), 0)
    return connection


@given(TRADES)
def test_every_trade_is_read_as_it_was_written(written: Trade) -> None:
    connection = database()
    statements.write(connection, Note(1, (written,)), 1, 0)
    (found,) = reading.trades(connection, written.key.account, [])
    (row,) = connection.execute(f"SELECT {', '.join(records.COLUMNS)} FROM trades")  # noqa: S608 - our own names

    assert records.intact(row)
    assert found == written
    assert found.position.model_dump() == written.position.model_dump()
    assert isinstance(found.key, TradeKey)
    assert (found.side, found.position.reason, type(found.managed)) == (written.side, written.position.reason, bool)
    assert found.seen(written.position.model_copy(update={"volume": 1.0})).position.volume == 1.0
    connection.close()


@given(TRADES, st.data())
def test_a_row_of_which_one_value_changed_is_not_intact(written: Trade, data: st.DataObject) -> None:
    row = records.to_row(written)
    at = data.draw(st.integers(0, len(row) - 2))
    other = data.draw(st.none() | st.integers(-(2**63), 2**63 - 1) | MONEY | TEXT | st.binary(max_size=9))

    assert records.intact(row)
    if records._packed(other) != records._packed(row[at]):
        assert not records.intact((*row[:at], other, *row[at + 1 :]))


def test_what_is_not_a_number_is_not_kept() -> None:
    with pytest.raises(RecordError):
        records.to_row(dataclasses.replace(trade(), risk=float("nan")))


def test_a_row_of_a_shape_that_nobody_knows_is_refused_by_its_position() -> None:
    with pytest.raises(RecordError, match="position 7"):
        list(loading.from_rows([records.to_row(trade(7))], {}))


def test_the_columns_are_the_fields_of_a_position_and_of_a_trade() -> None:
    """Whoever adds a field to a position has to add a column."""
    connection = database()
    there = {row[1] for row in connection.execute("PRAGMA table_info(trades)")}

    assert set(Position.FIELDS) <= there
    assert set(records.COLUMNS) <= there
    connection.close()


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Bits(enum.IntFlag):
    ONE = 1
    TWO = 2


class Point(NamedTuple):
    x: int
    y: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Circle:
    middle: Point
    radius: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class Square:
    corner: Point
    colour: Colour = Colour.RED


@dataclasses.dataclass(frozen=True, slots=True)
class Drawing:
    shapes: tuple[Circle | Square, ...] = ()
    bits: Bits = Bits.ONE
    by_colour: Mapping[Colour, Point] = dataclasses.field(default_factory=dict)
    colours: frozenset[Colour] = frozenset()
    pair: tuple[int, str] = (0, "")
    inner: "Drawing | None" = None
    note: str | int | None = None
    at: Position | None = None


POINTS = st.builds(Point, st.integers(0, U64), st.none() | MONEY)
SHAPES = st.builds(Circle, POINTS, MONEY) | st.builds(Square, POINTS, st.sampled_from(Colour))
FLAT = st.builds(
    Drawing,
    st.lists(SHAPES, max_size=3).map(tuple),
    st.integers(0, 7).map(Bits),
    st.dictionaries(st.sampled_from(Colour), POINTS),
    st.frozensets(st.sampled_from(Colour)),
    st.tuples(st.integers(0, 9), TEXT),
    st.none(),
    st.none() | TEXT | st.integers(0, 9),
    st.none() | st.just(position()),
)


@given(FLAT | st.builds(lambda outer, inner: dataclasses.replace(outer, inner=inner), FLAT, FLAT))
def test_every_dataclass_is_read_as_it_was_packed_and_goes_through_messagepack(drawing: Drawing) -> None:
    packing = Codec().of(Drawing)
    assert packing.pack is not None
    assert packing.unpack is not None

    assert packing.unpack(msgpack.unpackb(msgpack.packb(packing.pack(drawing)))) == drawing


def test_an_older_shape_is_read_by_name_and_fields_added_since_have_their_defaults() -> None:
    """Written when a square had a size and no colour, and fields stood in another order."""
    codec = Codec({"Square": ("size", "corner"), "Point": ("y", "x")})
    unpack = codec.of(Square).unpack
    assert unpack is not None

    assert unpack([9, [2.5, 1]]) == Square(Point(1, 2.5), Colour.RED)


def test_a_record_of_an_older_trade_is_read_with_the_defaults_of_what_was_added() -> None:
    shape = '{"record": ["close", "gone"], "Obligation": ["attempts", "stage"], "defence": ["reason"]}'
    (reader,) = loading.readers({1: shape}).values()
    of_trade, of_defence = reader.record(msgpack.packb([[[3, "pending"], "x"], ["late"]]))
    trade_fields = dict(zip(records.TRADE_REST, of_trade, strict=True))
    assert of_defence is not None
    defence_fields = dict(zip((*records.DEFENCE_REST, *records.STAMPS), of_defence, strict=True))

    assert trade_fields["close"] == Obligation(Stage.PENDING, 3)
    assert trade_fields["break_even"] == Obligation()
    assert (defence_fields["reason"], defence_fields["duties"], defence_fields["sent_at"]) == ("late", (), ())


@pytest.mark.parametrize(
    "kind",
    [complex, type[int], list["Unheard"], object()],  # type: ignore[name-defined]  # noqa: F821
    ids=["complex", "a type", "a list of the unheard", "no type"],
)
def test_a_type_that_cannot_be_kept_is_said_when_it_is_looked_at(kind: Any) -> None:
    with pytest.raises(RecordError):
        Codec().of(kind)
