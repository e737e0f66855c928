"""
Tables whose columns are the fields of one class: statements and conversions from its annotations.

A ``TradeKey`` is three columns; enumerations stand for their value, tuples and mappings are JSON, integers are kept as signed ones.
"""

import dataclasses
import enum
import json
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from dtms.engine.trade import TradeKey
from dtms.errors import RecordError
from dtms.store.records import real, signed, unsigned

RowT = TypeVar("RowT")
_KEY = ("account", "position_id", "generation")


class Table(Generic[RowT]):
    """One table; ``unique`` are the columns that a row is replaced by, its first ones."""

    def __init__(self, name: str, kind: type[RowT], unique: tuple[str, ...]) -> None:
        self._kind = kind
        hints = typing.get_type_hints(kind)
        fields = [field.name for field in dataclasses.fields(typing.cast(Any, kind))]
        self._keyed = hints[fields[0]] is TradeKey
        self._plain = fields[1:] if self._keyed else fields
        self._convert = [_conversion(hints[field]) for field in self._plain]
        self.columns = (*_KEY, *self._plain) if self._keyed else tuple(self._plain)
        listed = ", ".join(f'"{column}"' for column in self.columns)
        marks = ", ".join("?" * len(self.columns))
        changes = ", ".join(f'"{column}" = excluded."{column}"' for column in self.columns if column not in unique)
        self.upsert = f"INSERT INTO {name} ({listed}) VALUES ({marks}) ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {changes}"  # noqa: S608
        self.select = f"SELECT {listed} FROM {name} WHERE account = ?"  # noqa: S608 - names of our own classes

    def values(self, row: RowT) -> tuple[Any, ...]:
        """
        Return the row's columns.

        Raises:
            RecordError: A value cannot be kept.
        """
        own = [write(getattr(row, field)) for field, (write, _) in zip(self._plain, self._convert, strict=True)]
        return (*map(_whole, row.key), *own) if self._keyed else tuple(own)  # type: ignore[attr-defined]

    def row(self, values: tuple[Any, ...]) -> RowT:
        """
        Return the row that stands in the columns.

        Raises:
            RecordError: They are none of ours.
        """
        try:
            start = len(_KEY) if self._keyed else 0
            key = (TradeKey(values[0], unsigned(values[1]), values[2]),) if self._keyed else ()
            own = [read(value) for value, (_, read) in zip(values[start:], self._convert, strict=True)]
            return self._kind(*key, *own)
        except (TypeError, ValueError, KeyError) as error:
            raise RecordError(f"{values!r:.200} is no {self._kind.__name__}: {error}") from error


def _conversion(hint: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return how a field is written and read."""
    origin = typing.get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        inner = next(one for one in typing.get_args(hint) if one is not types.NoneType)
        write, read = _conversion(inner)
        return _unless_none(write), _unless_none(read)
    if origin is tuple:
        return _json, _tuples
    if origin is not None and issubclass(origin, Mapping):
        return _json, json.loads
    return _PLAIN.get(hint) or (_enumeration(hint) if issubclass(hint, enum.Enum) else _PLAIN[str])


def _enumeration(kind: type[enum.Enum]) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    return lambda member: member.value, kind


def _unless_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _json(value: Any) -> str:
    try:
        return json.dumps(dict(value) if isinstance(value, Mapping) else value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise RecordError(f"{value!r:.200} cannot be kept: {error}") from error


def _tuples(text: str) -> Any:
    return _tuple(json.loads(text))


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def _whole(value: Any) -> Any:
    return signed(value) if isinstance(value, int) else value


def _same(value: Any) -> Any:
    return value


_PLAIN: Mapping[Any, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    int: (signed, unsigned),
    float: (real, _same),
    bool: (int, bool),
    str: (_same, _same),
}
