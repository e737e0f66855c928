"""Which positions are managed: the user's ``[adopt]``."""

from dtms.settings import AdoptSettings, Mode, Scope
from dtms.wire.messages import Position


def admits(adopt: AdoptSettings, mode: Mode, position: Position) -> bool:
    """Return whether a position that no client registered is managed."""
    scope = adopt.scope or (Scope.ALL if mode is Mode.OBSERVE else Scope.REGISTERED)
    if scope is Scope.ALL:
        return mode is Mode.OBSERVE or adopt.confirmed
    return scope is Scope.FILTER and _matches(adopt, position)


def _matches(adopt: AdoptSettings, position: Position) -> bool:
    tests = (
        (adopt.magic, position.magic in adopt.magic),
        (adopt.symbol, position.symbol in adopt.symbol),
        (adopt.comment, position.comment.startswith(adopt.comment)),
    )
    given = [matched for wanted, matched in tests if wanted]
    return bool(given) and all(given)
