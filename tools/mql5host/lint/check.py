"""The lint from outside: which files belong together, which are checked where, and the findings in order."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from mql5host.api import Api, load
from mql5host.lint import declared
from mql5host.lint.parse_decl import parse
from mql5host.lint.rules import RULES, Finding
from mql5host.lint.source import Place, Report, Source, assemble, included_path, read_source, split_directive
from mql5host.lint.syntax import Class, Declaration, Enumeration, Function, Namespace, Variables
from mql5host.lint.tables import Tables
from mql5host.lint.text import check_text
from mql5host.lint.walk import Walker
from mql5host.tokens import Kind

_SUFFIXES = (".mq5", ".mqh")


def check(paths: Iterable[Path | str]) -> list[Finding]:
    """
    Findings of the files and of all they include, in the order of path and place.

    Args:
        paths: Sources, or folders whose sources are meant, at any depth.

    Raises:
        FileNotFoundError: A path does not exist.
    """
    sources = _load(_sources(paths))
    findings: set[Finding] = set()
    for source in sources.values():
        findings.update(check_text(source))
    done: set[Path] = set()
    for root in _roots(sources):
        _check_unit(root, sources, done, findings)
    return sorted(findings)


def _sources(paths: Iterable[Path | str]) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            found.extend(sorted(p.resolve() for p in path.rglob("*") if p.suffix in _SUFFIXES))
        elif path.is_file():
            found.append(path.resolve())
        else:
            raise FileNotFoundError(path)
    return found


def _includes(source: Source) -> list[Path]:
    parts = [split_directive(t.text) for t in source.tokens if t.kind is Kind.DIRECTIVE]
    found = (included_path(source.path, part.rest) for part in parts if part.word == "include")
    return [path for path in found if path is not None]


def _load(paths: Sequence[Path]) -> dict[Path, Source]:
    sources: dict[Path, Source] = {}
    waiting = list(paths)
    while waiting:
        path = waiting.pop(0)
        if path not in sources:
            sources[path] = read_source(path)
            waiting.extend(_includes(sources[path]))
    return sources


def _roots(sources: dict[Path, Source]) -> list[Path]:
    """Files that are units of their own: programs first, then includes that no other file takes in."""
    taken = {path for source in sources.values() for path in _includes(source)}
    programs = [path for path in sources if path.suffix == ".mq5"]
    loose = [path for path in sources if path.suffix != ".mq5" and path not in taken]
    return programs + loose


def _check_unit(root: Path, sources: dict[Path, Source], done: set[Path], findings: set[Finding]) -> None:
    def report(place: Place, rule: str, message: str) -> None:
        if rule not in RULES:
            raise KeyError(rule)
        if place.path not in done:
            findings.add(Finding(place.path, place.line, place.col, rule, message))

    api = load()
    unit = assemble(root, sources, report)
    declarations = parse(unit.tokens, {*api.structs, *api.enums}, done, report)
    _check_declarations(api, declarations, done, report)
    done.update(unit.files)


def _check_declarations(api: Api, declarations: list[Declaration], done: set[Path], report: Report) -> None:
    walker = Walker(Tables(api, declarations), report)
    templates = {item.name: frozenset(item.template) for item, _ in walker.tables.flat if isinstance(item, Class)}
    declared.check_meanings(walker)
    declared.check_definitions(walker)
    for functions in walker.tables.functions.values():
        declared.check_overloads(walker, functions)
    for item, owner in walker.tables.flat:
        if not isinstance(item, Namespace) and item.place.path not in done:
            _check_item(walker, item, owner, templates)


def _check_item(walker: Walker, item: Declaration, owner: str, templates: dict[str, frozenset[str]]) -> None:
    walker.owner, walker.index = owner, item.index
    walker.template = templates.get(owner, frozenset())
    if isinstance(item, Class):
        walker.template = frozenset(item.template)
        declared.check_class(walker, item)
    elif isinstance(item, Enumeration):
        declared.check_enumeration(walker, item)
    elif isinstance(item, Function):
        declared.check_function(walker, item)
        walker.function(item, owner, templates.get(item.owner or owner, frozenset()))
    elif isinstance(item, Variables):
        walker.variables(item, local=False)
        if not owner:
            _check_globals(walker, item)


def _check_globals(walker: Walker, item: Variables) -> None:
    for d in item.names:
        declared.check_name(walker, d.name, d.place)
        declared.check_variable(walker, d)
