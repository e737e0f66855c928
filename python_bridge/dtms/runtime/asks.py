"""
What somebody asks of the desk, and its answer: a question put into the inbox with a place for the answer beside it.

An accepted question stays with the trade until its position is gone; one that is denied leaves nothing behind.
"""

import enum
from concurrent.futures import Future
from typing import NamedTuple

from dtms.engine.decide import CloseAsked
from dtms.runtime.account import Account
from dtms.runtime.log import Log
from dtms.settings import Mode


class Denial(enum.StrEnum):
    """Why a close is not taken on."""

    OBSERVE = "observe mode sends nothing"
    NO_ACCOUNT = "no such account is logged on"
    WHICH_ACCOUNT = "several accounts are logged on: name one"
    CANNOT = "nobody can carry it out now"  # ``detail`` of the answer says why
    UNKNOWN_POSITION = "no such position"
    NOT_TAKEN = "the service was too busy to take it; nothing will be done"
    ENDED = "the service does not run"


class Answer(NamedTuple):
    """``denied`` None: accepted."""

    denied: Denial | None
    detail: str = ""

    @property
    def accepted(self) -> bool:
        """Whether it was taken on."""
        return self.denied is None

    @property
    def reason(self) -> str:
        """Why not, in a sentence; empty when accepted."""
        return ": ".join(part for part in (self.denied, self.detail) if part)


class AskClose(NamedTuple):
    """Close a position; ``account`` (LOGIN@SERVER) None: the only one; ``by`` says who wants it."""

    position_id: int
    account: str | None
    by: str
    answer: "Future[Answer]"


class Asks:
    """Answers for the desk."""

    __slots__ = ("_accounts", "_log", "_mode")

    def __init__(self, accounts: dict[str, Account], mode: Mode, log: Log) -> None:
        self._accounts = accounts
        self._mode = mode
        self._log = log

    def take(self, ask: AskClose, now: int, utc: int) -> None:
        """Answer, and do it if it can be done; one that was taken back meanwhile is left."""
        if not ask.answer.set_running_or_notify_cancel():
            return
        try:
            answer = self._close(ask, now, utc)
        except BaseException as error:
            ask.answer.set_exception(error)  # who asked must not wait for a desk that has failed
            raise
        mark = "=" if answer.accepted else "!"
        self._log.add(mark, "close_asked", position=ask.position_id, by=ask.by, denied=answer.reason or None)
        ask.answer.set_result(answer)

    def _close(self, ask: AskClose, now: int, utc: int) -> Answer:
        account = self._account(ask.account)
        if isinstance(account, Denial):
            return Answer(account)
        if (obstacle := account.reign.obstacle()) is not None:
            return Answer(Denial.CANNOT, obstacle)
        trade = account.book.of_position(ask.position_id)
        if trade is None:
            return Answer(Denial.UNKNOWN_POSITION)
        account.trader.consider(trade.key, CloseAsked(ask.by), now, utc)
        return Answer(None)

    def _account(self, key: str | None) -> Account | Denial:
        if self._mode is Mode.OBSERVE:
            return Denial.OBSERVE
        if key is None and len(self._accounts) > 1:
            return Denial.WHICH_ACCOUNT
        account = next(iter(self._accounts.values()), None) if key is None else self._accounts.get(key)
        return account or Denial.NO_ACCOUNT
