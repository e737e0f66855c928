"""
What a terminal has to tell its programs, in order, with the platform's limits.

Transactions live in a queue of 1,024: when it is full the oldest is overwritten, silently. Other events are
bounded too, but there what is added last is dropped.
"""

from collections import deque
from typing import Final, Literal

from dtms.sim.messages import TradeFields, TradeResult, Trans, Transaction

TerminalEvent = (
    tuple[Literal["tick"], str] | tuple[Literal["trade"]] | tuple[Literal["transaction"], Trans, TradeFields, TradeResult]
)

TRANSACTION_LIMIT: Final = 1_024  # the reference
_OTHER_LIMIT: Final = 65_536  # the reference gives no figure; far above what a program leaves unread


class EventQueue:
    """
    Attributes:
        transactions_lost: overwritten before anybody took them.
    """

    def __init__(self) -> None:
        self._events: dict[int, TerminalEvent] = {}
        self._transactions: deque[int] = deque()
        self._count = 0
        self.transactions_lost = 0

    def tick(self, symbol: str) -> None:
        self._add(("tick", symbol))

    def trade(self) -> None:
        self._add(("trade",))

    def transaction(self, told: Transaction) -> None:
        if len(self._transactions) >= TRANSACTION_LIMIT:
            del self._events[self._transactions.popleft()]
            self.transactions_lost += 1
        self._count += 1
        self._transactions.append(self._count)
        self._events[self._count] = ("transaction", told.trans, told.request, told.result)

    def _add(self, event: TerminalEvent) -> None:
        if len(self._events) - len(self._transactions) < _OTHER_LIMIT:
            self._count += 1
            self._events[self._count] = event

    def take(self) -> list[TerminalEvent]:
        taken = list(self._events.values())
        self._events.clear()
        self._transactions.clear()
        return taken
