"""
Reading one terminal through the MetaTrader5 package; runs in the witness process only.

The package is seen through `Reading`, which has its reading functions alone: whoever holds one cannot log in or trade. None from
the package is a failure and never "nothing": an account without positions gives an empty tuple. Its times are the server's wall
clock in seconds and ms since 1970.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from dtms.errors import DtmsError
from dtms.names import DealType, Reason
from dtms.witness.constants import CHANNEL_BROKEN, DEAL_REASONS, DEAL_TYPES, ENTRIES, POSITION_REASONS, SIDES
from dtms.witness.frames import PAGE, Ask, Kind, Place, Quiet

_WINDOW_S: Final = 30 * 86_400  # of history in one query: each answer is a sign of life
_LONGEST_S: Final = 20 * 365 * 86_400  # of history in one question
_LOOKS: Final = 3  # a position may come or go between the two ways of asking
_U64: Final = 2**64 - 1
_COMMENT: Final = 512  # characters, as on our wire
_MALFORMED: Final = (AttributeError, TypeError, ValueError, LookupError, OverflowError)


class Reading(NamedTuple):
    """The package's reading functions and nothing else of it; ``last_error`` gives (code, text)."""

    initialize: Any
    shutdown: Any
    last_error: Any
    account_info: Any
    terminal_info: Any
    positions_total: Any
    positions_get: Any
    history_deals_get: Any


def reading(package: object) -> Reading:
    """Return the reading functions; AttributeError when one is not there."""
    return Reading(*(getattr(package, name) for name in Reading._fields))


class CannotSay(DtmsError):
    """There is no testimony; ``code`` and the detail are the package's own where it gave some."""

    def __init__(self, quiet: Quiet, detail: str, code: int | None = None, found: str = "") -> None:
        super().__init__(detail)
        self.quiet = quiet
        self.detail = detail
        self.code = code
        self.found = found


class Terminal:
    """The terminal of one path; attached when first needed and again when the channel broke."""

    def __init__(self, package: Reading) -> None:
        self._package = package
        self._attached: Place | None = None

    def testify(self, ask: Ask, place: Place) -> Iterator[tuple[Kind, list[Any]]]:
        """
        Yield pages and END; whatever came before an error is worthless.

        Raises:
            CannotSay: There is no testimony.
        """
        self._attach(place)
        build = self._check(ask)
        for page in _pages(map(_position, self._positions())):
            yield Kind.POSITIONS, page
        seen: set[int] = set()
        for answer in self._histories(ask):
            for page in _pages(map(_deal, _unseen(answer, seen, place.most_deals))):
                yield Kind.DEALS, page
        self._check(ask)  # the user may have changed the account meanwhile
        yield Kind.END, [build]

    def detach(self) -> None:
        """Let go of the terminal, which runs on."""
        if self._attached is not None:
            self._attached = None
            self._package.shutdown()

    def _attach(self, place: Place) -> None:
        if self._attached == place:
            return
        self.detach()
        if not self._package.initialize(place.path, timeout=place.timeout_ms, portable=place.portable):
            code, text = self._error()
            raise CannotSay(Quiet.NO_TERMINAL, text, code)
        self._attached = place

    def _check(self, ask: Ask) -> int:
        terminal = self._asked("terminal_info", self._package.terminal_info())
        account = self._asked("account_info", self._package.account_info())
        found = f"{int(account.login)}@{_text(account.server)}"
        if found != ask.account:
            raise CannotSay(Quiet.WRONG_ACCOUNT, f"the terminal is logged on to {found}, not {ask.account}", found=found)
        if not terminal.connected:
            raise CannotSay(Quiet.NOT_CONNECTED, "the terminal has no connection to its broker", found=found)
        return int(terminal.build)

    def _positions(self) -> Iterable[Any]:
        for _ in range(_LOOKS):
            total = self._asked("positions_total", self._package.positions_total())
            positions: tuple[Any, ...] = self._asked("positions_get", self._package.positions_get())
            if len(positions) == total:
                return positions
        raise CannotSay(Quiet.UNSETTLED, f"{total} positions are counted, {len(positions)} are listed")

    def _histories(self, ask: Ask) -> Iterator[Any]:
        for position_id in ask.position_ids:
            yield self._asked("history_deals_get", self._package.history_deals_get(position=position_id))
        if ask.since is None:
            return
        until = ask.until // 1_000 + ask.offset_s + 1
        start = max(ask.since // 1_000 + ask.offset_s, until - _LONGEST_S, 0)
        while start < until:
            end = min(start + _WINDOW_S, until)
            yield self._asked("history_deals_get", self._package.history_deals_get(start, end))
            start = end

    def _asked(self, name: str, answer: Any) -> Any:
        if answer is None:
            code, text = self._error()
            if code <= CHANNEL_BROKEN:
                self.detach()
            raise CannotSay(Quiet.FAILED, f"{name}: {text}", code)
        return answer

    def _error(self) -> tuple[int, str]:
        code, text = self._package.last_error()
        return int(code), _text(text)


def _unseen(deals: Iterable[Any], seen: set[int], most: int) -> Iterator[Any]:
    """Yield the deals that were not told yet: windows share their borders, and a position's deals may lie in one."""
    for deal in deals:
        if deal.ticket in seen:
            continue
        if len(seen) >= most:
            raise CannotSay(Quiet.TOO_MUCH, f"more than {most} deals")
        seen.add(deal.ticket)
        yield deal


def _pages(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """Yield the rows in pages; one that is empty where there are none, so that a long search shows that it goes on."""
    try:
        page = list(islice(rows, PAGE))
        yield page
        while len(page) == PAGE:
            page = list(islice(rows, PAGE))
            yield page
    except _MALFORMED as error:
        raise CannotSay(Quiet.MALFORMED, f"{type(error).__name__}: {error}") from error


def _position(p: Any) -> list[Any]:
    """Return the fields of `SeenPosition` in their order."""
    return [
        int(p.identifier),
        int(p.ticket),
        _text(p.symbol),
        int(SIDES[p.type]),
        float(p.volume),
        float(p.price_open),
        float(p.sl) or None,
        float(p.tp) or None,
        int(p.magic) & _U64,
        _text(p.comment),
        int(p.time_msc),
        float(p.swap),
        float(p.profit),
        int(POSITION_REASONS.get(p.reason, Reason.OTHER)),
    ]


def _deal(d: Any) -> list[Any]:
    """Return the fields of the message `Deal` in their order."""
    return [
        int(d.time_msc),
        int(d.ticket),
        int(d.order),
        int(d.position_id),
        _text(d.symbol),
        int(DEAL_TYPES.get(d.type, DealType.OTHER)),
        int(ENTRIES[d.entry]),
        int(DEAL_REASONS.get(d.reason, Reason.OTHER)),
        float(d.volume),
        float(d.price),
        float(d.profit),
        float(d.commission),
        float(d.fee),
        float(d.swap),
        int(d.magic) & _U64,
        _text(d.comment),
    ]


def _text(value: Any) -> str:
    """Return a text that UTF-8 can carry: brokers write what they like, and half a character is no character."""
    return str(value).encode("utf-8", "replace").decode("utf-8")[:_COMMENT]
