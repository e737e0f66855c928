"""
A broker under random operations, compared with a ledger that is as simple as it can be.

The ledger counts whole steps of volume and replays nothing of the model: it knows what a deal does to signed lots,
and works out opening prices and profits from the list of deals with fractions.
"""

from fractions import Fraction
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dtms.sim.behaviour import Behaviour, Effect, Rule
from dtms.sim.broker import Broker
from dtms.sim.messages import TradeFields
from dtms.sim.mt5 import EXECUTED, Action, DealType, Entry, Execution, MarginMode, Retcode, SwapMode, TransactionType
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Account
from dtms.sim.terminal import SimTerminal

NOON = 1_700_049_600_000
SPEC = SymbolSpec(name="EURUSD", volume_min=0.02, volume_max=0.6, commission=3.0, execution=Execution.EXCHANGE, margin_initial=10.0)
STEPS = st.integers(1, 70)  # of 0.01 lots: some below the minimum, some above the maximum
EFFECTS = st.sampled_from(
    [Effect()] * 4
    + [Effect(retcode=Retcode.REJECT), Effect(retcode=Retcode.TIMEOUT, execute=True), Effect(copies=2), Effect(shuffle=True)]
    + [Effect(late_ms=50, late_result_ms=50), Effect(gap_ms=30), Effect(lose_transactions=True), Effect(vanish=True)]
)


class Accounts(RuleBasedStateMachine):
    """One account with requests, humans, prices and nights; `mode` is the account model under test."""

    mode: ClassVar[MarginMode]
    binds: ClassVar[bool] = True

    @initialize()
    def begin(self) -> None:
        account = Account(margin_mode=self.mode, position_binds=self.binds)
        self.broker = Broker([SPEC], account=account, deposit=1e6, time_msc=NOON, behaviour=Behaviour())
        self.terminal = SimTerminal()
        self.terminal.apply_all(self.broker.full_state())
        self.now = 0
        self.ledger: dict[int, int] = {}  # identifier -> signed steps
        self.quote(0)

    # Operations

    @rule(move=st.integers(-30, 30))
    def quote(self, move: int) -> None:
        price = round(1.1 + move / 1e4, 5)
        self.broker.quote("EURUSD", self.broker.standing.market.time_msc + 1, price, round(price + 0.0001, 5))

    @rule(side=st.integers(0, 1), steps=STEPS, effect=EFFECTS, filling=st.sampled_from([1, 2]), part=st.none() | STEPS)
    def deal(self, side: int, steps: int, effect: Effect, filling: int, part: int | None) -> None:
        """A deal that names no position."""
        self._deal(side, steps, 0, effect, filling, part)

    @precondition(lambda self: self.broker.positions)
    @rule(which=st.integers(0, 9), steps=STEPS, whole=st.booleans(), effect=EFFECTS, part=st.none() | STEPS)
    def close(self, which: int, steps: int, whole: bool, effect: Effect, part: int | None) -> None:
        """A deal that names a position, opposite to it."""
        position = self.broker.positions[which % len(self.broker.positions)]
        steps = round(position.volume * 100) if whole else steps
        self._deal(1 - position.side, steps, position.ticket, effect, 1, part)

    def _deal(self, side: int, steps: int, ticket: int, effect: Effect, filling: int, part: int | None) -> None:
        fields = TradeFields(
            action=Action.DEAL, symbol="EURUSD", type=side, volume=steps / 100, type_filling=filling, position=ticket
        )
        part = None if effect.retcode is not None else part
        truth = self._ask(fields, effect, part)
        if truth in EXECUTED:
            first = steps if part is None else min(part, steps)
            fills = [first, steps - first] if filling == 2 else [first]
            assert (truth is Retcode.DONE) == (sum(fills) == steps)
            for filled in fills:
                if filled:
                    self._count(side, filled, ticket)

    def _count(self, side: int, filled: int, ticket: int) -> None:
        """What the account model makes of signed steps; after a fill that closes, the next one opens another position."""
        signed = filled * (1 - 2 * side)
        if self.mode is MarginMode.HEDGING:
            identifier = self.identifiers[ticket] if ticket else max(p.identifier for p in self.broker.positions)
        else:
            identifier = next(iter(self.ledger), 0) or max((p.identifier for p in self.broker.positions), default=0)
        left = self.ledger.pop(identifier, 0) + signed
        if left:
            self.ledger[identifier] = left

    @precondition(lambda self: len(self.broker.positions) > 1)
    @rule(first=st.integers(0, 9), second=st.integers(0, 9), effect=EFFECTS)
    def close_by(self, first: int, second: int, effect: Effect) -> None:
        held = self.broker.positions
        one, other = held[first % len(held)], held[second % len(held)]
        fields = TradeFields(action=Action.CLOSE_BY, position=one.ticket, position_by=other.ticket)
        truth = self._ask(fields, effect, None)
        if truth in EXECUTED:
            a, b = self.ledger.pop(one.identifier), self.ledger.pop(other.identifier)
            least = min(abs(a), abs(b))
            for identifier, steps in ((one.identifier, a), (other.identifier, b)):
                left = steps - least * (1 if steps > 0 else -1)
                if left:
                    self.ledger[identifier] = left

    @precondition(lambda self: self.broker.positions)
    @rule(which=st.integers(0, 9), distance=st.integers(1, 100), effect=EFFECTS)
    def levels(self, which: int, distance: int, effect: Effect) -> None:
        position = self.broker.positions[which % len(self.broker.positions)]
        quote = self.broker.standing.market.quotes["EURUSD"]
        sl = round(quote.bid - position.direction * (distance + 20) / 1e4, 5)
        self._ask(TradeFields(action=Action.SLTP, symbol="EURUSD", position=position.ticket, sl=sl), effect, None)

    @precondition(lambda self: self.broker.positions)
    @rule(which=st.integers(0, 9))
    def fresh_ticket(self, which: int) -> None:
        self.broker.change_ticket(self.broker.positions[which % len(self.broker.positions)].ticket)

    @rule(mode=st.sampled_from([SwapMode.POINTS, SwapMode.REOPEN_CURRENT, SwapMode.REOPEN_BID]))
    def night(self, mode: SwapMode) -> None:
        self.broker.change_symbol("EURUSD", swap_mode=mode, swap_long=-5.0, swap_short=2.0)
        self.broker.advance_market(self.broker.standing.market.time_msc + 86_400_000)

    @rule()
    def log_on_again(self) -> None:
        self.broker.disconnect()
        self.broker.connect()

    def _ask(self, fields: TradeFields, effect: Effect, part: int | None) -> Retcode:
        """Send, let everything happen, and give the true outcome; what the terminal is told must fit it."""
        self.identifiers = {p.ticket: p.identifier for p in self.broker.positions}
        if part is not None:
            effect = Effect(fill=part / 100)
        self.broker.behaviour.rules = [Rule(effect, times=1)]
        before = self.broker.witness.requests.copy()
        self.terminal.apply_all(self.broker.take_updates())
        self.terminal.take_events()
        self.terminal.order_send(fields, asynchronous=True)
        told = self._settle()
        outcomes = list((self.broker.witness.requests - before).elements())
        if not outcomes:
            assert effect.vanish
            assert told == []
            return Retcode.CONNECTION
        if effect.lose_transactions:
            assert told == []
        else:
            assert told == [effect.retcode or outcomes[0]] * effect.copies
        return outcomes[0]

    def _settle(self) -> list[int]:
        self.broker.receive(self.terminal.take_requests(), self.now)
        self.broker.step(self.now)
        while (due := self.broker.next_due_ms()) is not None:
            self.now = due
            self.broker.step(due)
        self.terminal.apply_all(self.broker.take_updates())
        events: list[Any] = [e for e in self.terminal.take_events() if e[0] == "transaction"]
        return [e[3].retcode for e in events if e[1].type == TransactionType.REQUEST]

    # Laws

    @invariant()
    def lots_are_those_of_the_ledger(self) -> None:
        """Stops close whole positions; what the broker closed unasked leaves the ledger first."""
        asked = {d.position_id for d in self.broker.standing.holdings.deals.values() if d.comment.startswith("[")}
        open_ = {p.identifier: round(p.direction * p.volume * 100) for p in self.broker.positions}
        for identifier in asked - open_.keys():
            self.ledger.pop(identifier, None)
        assert open_ == self.ledger
        assert self.broker.volume_errors() == []

    @invariant()
    def one_position_a_symbol_where_it_is_so(self) -> None:
        if self.mode is not MarginMode.HEDGING:
            assert len(self.broker.positions) <= 1

    @invariant()
    def prices_and_profits_follow_from_the_deals(self) -> None:
        """Replayed with fractions, deal by deal."""
        lots: dict[int, Fraction] = {}
        price: dict[int, Fraction] = {}
        for deal in self.broker.standing.holdings.deals.values():
            if deal.position_id:
                self._replay(deal, lots, price)
        for p in self.broker.positions:
            assert p.price_open == pytest.approx(float(price[p.identifier]), abs=1e-9)
            assert p.volume * p.direction == pytest.approx(float(lots[p.identifier]))

    @staticmethod
    def _replay(deal: Any, lots: dict[int, Fraction], price: dict[int, Fraction]) -> None:
        had, at = lots.get(deal.position_id, Fraction(0)), price.get(deal.position_id, Fraction(0))
        signed = Fraction(str(deal.volume)) * (1 if deal.type == DealType.BUY else -1)
        paid = Fraction(str(deal.price))
        has = had + signed
        closed = Fraction(0)
        if had * signed < 0:
            closed = min(abs(had), abs(signed))
            assert deal.entry is not Entry.IN
            assert (deal.entry is Entry.INOUT) == (has * had < 0)
            if has * had < 0:
                price[deal.position_id] = paid
        else:
            assert deal.entry is Entry.IN
            price[deal.position_id] = (had * at + signed * paid) / has
        lots[deal.position_id] = has
        worth = closed * (paid - at) * (1 if had > 0 else -1) * 100_000
        assert deal.profit == pytest.approx(float(worth), abs=0.0051)

    @invariant()
    def money_is_the_sum_of_the_deals(self) -> None:
        deals = self.broker.standing.holdings.deals.values()
        booked = sum(d.profit + d.swap + d.commission for d in deals)
        assert self.broker.standing.account.balance == pytest.approx(booked, abs=1e-6)

    @invariant()
    def the_terminal_ends_up_with_what_the_broker_has(self) -> None:
        self.terminal.apply_all(self.broker.take_updates())
        assert sorted(self.terminal.positions()) == sorted(p.ticket for p in self.broker.positions)
        for p in self.broker.positions:
            record = self.terminal.position(p.ticket)
            assert record is not None
            shown = (record["POSITION_IDENTIFIER"], record["POSITION_TYPE"], record["POSITION_VOLUME"], record["POSITION_SL"])
            assert shown == (p.identifier, p.side, p.volume, p.sl)
        assert self.terminal.account()["ACCOUNT_BALANCE"] == self.broker.standing.account.balance


class Hedging(Accounts):
    mode = MarginMode.HEDGING


class Netting(Accounts):
    mode = MarginMode.NETTING


class Exchange(Accounts):
    mode = MarginMode.EXCHANGE
    binds = False


_RUN = settings(stateful_step_count=30)

TestHedging = Hedging.TestCase
TestHedging.settings = _RUN
TestNetting = Netting.TestCase
TestNetting.settings = _RUN
TestExchange = Exchange.TestCase
TestExchange.settings = _RUN
