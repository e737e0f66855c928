"""What the account allows and has, as far as the defence has to know it."""

from collections.abc import Callable
from typing import NamedTuple

from dtms.engine.defence.view import AccountFigures
from dtms.names import MarginMode, Operation
from dtms.runtime.family import Family
from dtms.runtime.links import Links
from dtms.session.commands import Commands
from dtms.wire.messages import Account, OpenPosition


class Standing(NamedTuple):
    """The account now. ``allowed`` are the symbols that may be opened; none named: all."""

    figures: AccountFigures
    allowed: frozenset[str]
    offset_s: int | None  # of the server's clock, None while it is not known
    link_up: bool


class Standings:
    """Read from the manager's logon, the account's figures, and what DTMS has open; ``figures`` are those told last."""

    __slots__ = ("_barred", "_commands", "_family", "_known", "_links", "figures")

    def __init__(
        self, links: Links, family: Family, commands: Commands, *, known: Callable[[], bool], barred: Callable[[int], bool]
    ) -> None:
        self.figures: Account | None = None
        self._links = links
        self._family = family
        self._commands = commands
        self._known = known  # whether the account's positions are
        self._barred = barred  # whether nothing may be opened now

    def at(self, now: int) -> Standing:
        """Return how the account stands."""
        link, figures = self._links.manager(), self.figures
        if link is None:
            return Standing(AccountFigures(), frozenset(), None, link_up=False)
        caps = link.logon.caps
        mode = link.logon.margin_mode if figures is None else figures.margin_mode
        account = AccountFigures(
            hedging=mode is MarginMode.HEDGING,
            hedge_allowed=link.logon.hedge_allowed,
            may_open=bool(caps.operations & Operation.OPEN) and not self._barred(now),
            lots_room=caps.max_open_lots - self._family.lots() - self._under_way(),
            equity=None if figures is None else figures.equity,
            margin=None if figures is None else figures.margin,
            leverage=None if figures is None else figures.leverage,
        )
        return Standing(account, frozenset(caps.symbols), link.session.offset_s, link_up=link.up and self._known())

    def _under_way(self) -> float:
        """Return the volume of openings without an outcome."""
        return sum(held.command.volume for held in self._commands if isinstance(held.command, OpenPosition))
