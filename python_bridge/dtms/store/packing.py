"""
Values of dataclasses to plain ones that MessagePack takes, and back, by their annotations alone.

A dataclass becomes the list of its fields. Which fields those are is the *shape*: the names of the fields by the name of the class,
kept beside what is packed. What was packed in an older shape is read by name: a field added since takes its default, one dropped
since is ignored. Enumerations are packed by value, tuples and sets as lists, a value of a union of classes beside its class's name.
"""

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from dtms.errors import RecordError

Shape = Mapping[str, tuple[str, ...]]
Convert = Callable[[Any], Any]
_PLAIN: Final = frozenset({int, float, str, bool, bytes, object, Any, types.NoneType})


class Packing(NamedTuple):
    """Both ways; None where a value is plain already."""

    pack: Convert | None
    unpack: Convert | None


_AS_IT_IS: Final = Packing(None, None)


class Codec:
    """How types are packed; with ``shape`` for what was packed in that one, else in the present one, which it then holds."""

    def __init__(self, shape: Shape | None = None) -> None:
        self._given = shape or {}
        self.shape: dict[str, tuple[str, ...]] = {}
        self._known: dict[Any, Packing] = {}

    def of(self, kind: Any) -> Packing:
        """
        Return how values of this type are packed.

        Raises:
            RecordError: They cannot be.
        """
        if kind not in self._known:
            # A class may hold values of its own: while it is looked at, they are referred to what will be found.
            self._known[kind] = Packing(lambda value: _apply(self._known[kind].pack, value), lambda plain: self._read(kind, plain))
            self._known[kind] = self._made(kind)
        return self._known[kind]

    def written(self, name: str) -> tuple[str, ...]:
        """Return the fields that a record of this name lists in this shape."""
        return self._given.get(name) or self.shape[name]

    def _read(self, kind: Any, plain: Any) -> Any:
        return _apply(self._known[kind].unpack, plain)

    def record(self, name: str, hints: Mapping[str, Any], make: Callable[..., Any]) -> Packing:
        """Return how something with these fields is packed; ``make`` makes it from them, in this order or by name."""
        present = tuple(hints)
        if self.shape.setdefault(name, present) != present:
            raise RecordError(f"two classes have the name {name}")
        written = self._given.get(name, present)
        packings = [self.of(hints[field]) for field in present]
        packers = tuple((field, packing.pack) for field, packing in zip(present, packings, strict=True))
        at = tuple(
            (index, packing.unpack)
            for index, (field, packing) in enumerate(zip(present, packings, strict=True))
            if packing.unpack is not None
        )

        def packed(value: Any) -> list[Any]:
            return [getattr(value, field) if each is None else each(getattr(value, field)) for field, each in packers]

        def unpacked(plain: list[Any]) -> Any:
            for index, each in at:
                plain[index] = each(plain[index])
            return make(*plain)

        def adapted(plain: list[Any]) -> Any:
            named = dict(zip(written, plain, strict=True))
            return make(**{f: _apply(self.of(hints[f]).unpack, named[f]) for f in present if f in named})

        return Packing(packed, unpacked if written == present else adapted)

    def _made(self, kind: Any) -> Packing:
        if kind in _PLAIN:
            return _AS_IT_IS
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:
            return self.of(arguments[0])
        if origin in {typing.Union, types.UnionType}:
            return self._union(tuple(argument for argument in arguments if argument is not types.NoneType))
        if origin is not None:
            return self._container(origin, arguments)
        if not isinstance(kind, type):
            raise RecordError(f"{kind} cannot be kept")
        return self._class(kind)

    def _class(self, kind: type) -> Packing:
        if issubclass(kind, enum.Enum):
            # A set of flags has values that no member stands for.
            return Packing(_value, kind if issubclass(kind, enum.Flag) else {one.value: one for one in kind}.__getitem__)
        if issubclass(kind, BaseModel):
            return Packing(lambda value: value.to_array(), kind.model_validate)
        names = getattr(kind, "_fields", None)
        if dataclasses.is_dataclass(kind):
            names = tuple(field.name for field in dataclasses.fields(kind) if field.init)
        if names is None:
            raise RecordError(f"{kind.__name__} cannot be kept")
        hints = typing.get_type_hints(kind)
        return self.record(kind.__qualname__, {name: hints[name] for name in names}, kind)

    def _union(self, kinds: tuple[Any, ...]) -> Packing:
        packings = [self.of(kind) for kind in kinds]
        if all(packing == _AS_IT_IS for packing in packings):
            return _AS_IT_IS
        packer, unpacker = packings[0] if len(kinds) == 1 else _named(kinds, packings)
        return Packing(_unless_none(packer), _unless_none(unpacker))

    def _container(self, origin: Any, arguments: tuple[Any, ...]) -> Packing:
        if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
            each = [self.of(argument) for argument in arguments]
            return Packing(
                lambda value: [_apply(one.pack, item) for one, item in zip(each, value, strict=True)],
                lambda plain: tuple(_apply(one.unpack, item) for one, item in zip(each, plain, strict=True)),
            )
        if isinstance(origin, type) and issubclass(origin, Mapping):
            key, held = self.of(arguments[0]), self.of(arguments[1])
            return Packing(
                # Pairs, because MessagePack's maps are read with text keys only.
                lambda value: [[_apply(key.pack, name), _apply(held.pack, item)] for name, item in value.items()],
                lambda plain: {_apply(key.unpack, name): _apply(held.unpack, item) for name, item in plain},
            )
        if origin not in {tuple, list, set, frozenset}:
            raise RecordError(f"{origin} cannot be kept")
        item = self.of(arguments[0])
        return Packing(
            lambda value: [_apply(item.pack, one) for one in _ordered(value)],
            lambda plain: origin(_apply(item.unpack, one) for one in plain),
        )


def _value(member: enum.Enum) -> Any:
    return member.value


def _named(kinds: tuple[Any, ...], packings: list[Packing]) -> Packing:
    by_name = {kind.__name__: packing for kind, packing in zip(kinds, packings, strict=True)}
    return Packing(
        lambda value: [type(value).__name__, _apply(by_name[type(value).__name__].pack, value)],
        lambda plain: _apply(by_name[plain[0]].unpack, plain[1]),
    )


def _unless_none(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


def _ordered(value: Iterable[Any]) -> Iterable[Any]:
    return sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value


def _apply(convert: Convert | None, value: Any) -> Any:
    return value if convert is None else convert(value)
