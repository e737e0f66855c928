"""What a unit declares, by name: functions, types, members and global variables."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mql5host.api import Api, Signature
from mql5host.lint.source import Place
from mql5host.lint.syntax import Class, Declaration, Enumeration, Function, Namespace, TypeRef, Variables

_NOWHERE = Place(Path(), 1, 1)


class Variable(NamedTuple):
    """A variable or member: its type, where it is declared, and whether code may write to it."""

    type: TypeRef
    place: Place
    declared: int = -1
    input: bool = False
    const: bool = False


class Member(NamedTuple):
    """What a member name means in a class: a variable, or methods."""

    variable: Variable | None
    methods: tuple[Function, ...] = ()


class Tables:
    """All names of a unit. Namespace members are known by their plain name too."""

    def __init__(self, api: Api, declarations: Iterable[Declaration]) -> None:
        self.api = api
        self.functions: dict[str, list[Function]] = {}
        self.classes: dict[str, Class] = {}
        self.types: dict[str, int] = {}
        self.globals: dict[str, Variable] = {}
        self.enums: dict[str, Enumeration] = {}
        self.enum_members: dict[str, tuple[str, int]] = {}
        self.namespaces: set[str] = set()
        self.bases: set[str] = set()
        self.static_definitions: set[tuple[str, str]] = set()
        self.flat: list[tuple[Declaration, str]] = list(_flatten(declarations, ""))
        for declaration, owner in self.flat:
            self._add(declaration, owner)
        self._members: dict[str, dict[str, Member]] = {}

    def _add(self, item: Declaration, owner: str) -> None:
        if isinstance(item, Class):
            self._add_class(item)
        elif isinstance(item, Enumeration):
            self.types.setdefault(item.name, item.index)
            self.enums[item.name] = item
            self.enum_members.update({name: (item.name, item.index) for name, _, _ in item.members})
        elif isinstance(item, Namespace):
            self.namespaces.add(item.name)
        elif isinstance(item, Variables):
            self._add_variables(item, owner)
        elif not owner and not item.owner:
            self.functions.setdefault(item.name, []).append(item)

    def _add_variables(self, item: Variables, owner: str) -> None:
        if item.owner:
            self.static_definitions.update((item.owner, d.name) for d in item.names)
        elif not owner:
            for d in item.names:
                self.globals.setdefault(d.name, Variable(d.type, d.place, item.index, item.input, item.const))

    def _add_class(self, item: Class) -> None:
        self.types.setdefault(item.name, item.index)
        if item.defined or item.name not in self.classes:
            self.classes[item.name] = item
        if item.base is not None:
            self.bases.add(item.base.name)

    # -- questions ---------------------------------------------------------------------------------------------

    def is_enum(self, name: str) -> bool:
        return bool(name) and (name in self.enums or name in self.api.enums)

    def is_struct(self, name: str) -> bool:
        """Whether the name is a structure, union or class of the project or the API."""
        return name in self.classes or name in self.api.structs

    def is_class(self, name: str) -> bool:
        """Whether pointers to the type exist."""
        return name in self.classes and self.classes[name].kind in {"class", "interface"}

    def has_type(self, name: str) -> bool:
        return name in self.types or name in self.api.enums or name in self.api.structs

    def member(self, of: TypeRef, name: str) -> Member | None:
        """Meaning of a member name in a class and its bases, None if there is none or the class is unknown."""
        if of.name in self.api.structs:
            kinds = {field.name: field.type for field in self.api.structs[of.name]}
            return Member(Variable(TypeRef(kinds[name]), _NOWHERE)) if name in kinds else None
        seen: set[str] = set()
        item: TypeRef | None = of
        while item is not None and item.name in self.classes and item.name not in seen:
            seen.add(item.name)
            found = self._own_members(item.name).get(name)
            if found is not None:
                return _substituted(found, self.classes[item.name].template, item.args)
            item = self.classes[item.name].base
        return None

    def is_known(self, of: TypeRef) -> bool:
        """Whether the class and all its bases are defined here, so that a missing member is missing indeed."""
        if of.name in self.api.structs:
            return True
        name, seen = of.name, set[str]()
        while name in self.classes and name not in seen:
            seen.add(name)
            item = self.classes[name]
            if item.base is None:
                return item.defined
            name = item.base.name
        return False

    def derives(self, name: str, base: str) -> bool:
        """Whether a class is another one or comes from it."""
        seen = set[str]()
        while name in self.classes and name not in seen:
            if name == base:
                return True
            seen.add(name)
            above = self.classes[name].base
            name = above.name if above is not None else ""
        return False

    def own_member(self, owner: str, name: str) -> Member | None:
        """Meaning of a member name in a class of the project, bases left aside."""
        return self._own_members(owner).get(name)

    def _own_members(self, name: str) -> dict[str, Member]:
        if name not in self._members:
            self._members[name] = _members_of(self.classes[name])
        return self._members[name]

    def signatures(self, name: str) -> tuple[Signature, ...]:
        """Overloads of an API function."""
        return self.api.functions.get(name, ())


def _members_of(item: Class) -> dict[str, Member]:
    found: dict[str, Member] = {}
    for member in item.members:
        if isinstance(member, Variables):
            for d in member.names:
                found[d.name] = Member(Variable(d.type, d.place, const=member.const))
        elif isinstance(member, Function):
            before = found.get(member.name)
            found[member.name] = Member(None, (*(before.methods if before else ()), member))
    return found


def _substituted(member: Member, names: tuple[str, ...], args: tuple[TypeRef, ...]) -> Member:
    """The member of a class template with the arguments put in; what stays open has an unknown type."""
    if not names or member.variable is None:
        return member
    known = dict(zip(names, args, strict=False))
    kind = member.variable.type
    if kind.name in known:
        value = known[kind.name]
        kind = value._replace(dims=kind.dims, pointer=value.pointer or kind.pointer)
    return Member(member.variable._replace(type=kind))


def _flatten(declarations: Iterable[Declaration], owner: str) -> Iterator[tuple[Declaration, str]]:
    """Every declaration with the class it is declared in, classes before their members."""
    for item in declarations:
        yield item, owner
        if isinstance(item, Class):
            yield from _flatten(item.members, item.name)
        elif isinstance(item, Namespace):
            yield from _flatten(item.members, owner)
