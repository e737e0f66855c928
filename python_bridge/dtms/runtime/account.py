"""One account on the desk: the parts that it is made of, and what is done when it is looked at."""

from typing import Final

from dtms.engine.signals.regime import Zone
from dtms.names import OnSilence
from dtms.runtime.admission import Admission
from dtms.runtime.authority import Authority
from dtms.runtime.book import Book
from dtms.runtime.counters import Counters
from dtms.runtime.days import Kept
from dtms.runtime.family import Family
from dtms.runtime.gate import Refusal
from dtms.runtime.hands import HandsOffRelay
from dtms.runtime.incoming import Incoming
from dtms.runtime.leases import Leases
from dtms.runtime.links import Link, Links
from dtms.runtime.log import Log
from dtms.runtime.markets import Markets
from dtms.runtime.outbox import Outbox
from dtms.runtime.positions import Positions
from dtms.runtime.quotes import Quotes
from dtms.runtime.record import Record
from dtms.runtime.recovery import Recovery
from dtms.runtime.reign import Reign
from dtms.runtime.risk import Risk
from dtms.runtime.second_sight import SecondSight
from dtms.runtime.standing import Standings
from dtms.runtime.subscriptions import Subscriptions
from dtms.runtime.terminal_facts import TerminalFacts
from dtms.runtime.tidings import Tidings
from dtms.runtime.trader import Trader
from dtms.runtime.views import Views
from dtms.session.commands import CommandIds, Commands
from dtms.session.events import Event
from dtms.session.peer import Peer
from dtms.settings import Mode, Settings
from dtms.store.journal import EpochTaken
from dtms.store.rows import Recovered
from dtms.wire.messages import ExecutionReport, Logon, PositionChanged, PositionClosed, PositionOpened
from dtms.witness.client import Witness
from dtms.witness.testimony import Answer

# What becomes of a command or a position is written in one transaction with what it makes of the trade.
_FACTS: Final = frozenset({ExecutionReport, PositionChanged, PositionClosed, PositionOpened})


class Account:
    """LOGIN@SERVER under one epoch."""

    def __init__(
        self,
        taken: EpochTaken,
        settings: Settings,
        *,
        config_digest: str,
        outbox: Outbox,
        counters: Counters,
        log: Log,
        zone: Zone = (),
        witness: Witness | None = None,
    ) -> None:
        self._settings = settings
        self.outbox = outbox
        self.book = Book(taken.account, settings.link.max_symbols)
        commands, family = Commands(settings.link), Family(self.book)
        self.links = Links(settings.link, commands.may_act_until)
        self.reign = reign = Reign(taken, self.links, log)
        self.risk = Risk(settings.rails, self.links, Kept(taken.account, taken.recovered, outbox.keep))
        self.standings = Standings(
            self.links,
            family,
            commands,
            known=lambda: reign.view_known,
            barred=lambda now: bool(reign.obstacle() or reign.risk_off(now)),
        )
        self.markets = Markets(self.book, self.links, settings, zone, tell=reign.tell, log=log)
        views = Views(self.book, self.markets, self.risk, settings, self.standings.at)
        ids = CommandIds(taken.epoch)
        self.trader = Trader(
            self.book,
            settings,
            ids=ids,
            commands=commands,
            family=family,
            outbox=outbox,
            counters=counters,
            log=log,
            record=Record(log, outbox.record),
            digest=config_digest,
            hands=reign.hands,
            sees=views.market,
            judgement=views.judgement,
            commanded=self.risk.commanded,
        )
        self.quotes = Quotes(self.book, counters.bridge, self.trader.consider, settings.link.claim_ms)
        recovery = Recovery(taken, self.book, self.trader, settings, markets=self.markets, counters=counters, log=log)
        self.positions = Positions(
            self.book, self.trader, recovery=recovery, markets=self.markets, risk=self.risk, counters=counters, log=log
        )
        self._sight = (
            None
            if witness is None
            else SecondSight(witness, reign, self.book, settings.witness.every_s, counts=counters.witness, log=log)
        )
        found = taken.recovered or Recovered()
        self._leases = Leases(self.book, reign, settings, outbox, found.leases)
        self._authority = Authority(reign, ids, (row.command.command_id for row in found.outbox))
        self._tidings = Tidings(reign.key, log)
        self._subscriptions = Subscriptions(self.links, self.book, settings.link, self.markets, reign.tell)
        self._relay = HandsOffRelay(self.links, reign.tell)
        self._admission = self._gate(settings, config_digest, counters, log)
        facts = TerminalFacts(self.book, self.links, self.trader, settings, standings=self.standings, risk=self.risk, log=log)
        self.incoming = Incoming(
            reign,
            facts=facts,
            trader=self.trader,
            positions=self.positions,
            markets=self.markets,
            quotes=self.quotes,
            risk=self.risk,
            tidings=self._tidings,
            recovery=recovery,
            authority=self._authority,
            release=self._admission.release,
            log=log,
        )

    def _gate(self, settings: Settings, config_digest: str, counters: Counters, log: Log) -> Admission:
        return Admission(
            self.reign,
            self.book,
            settings,
            config_digest=config_digest,
            trader=self.trader,
            markets=self.markets,
            quotes=self.quotes,
            subscriptions=self._subscriptions,
            take=self.take,
            counters=counters,
            log=log,
        )

    @property
    def key(self) -> str:
        """LOGIN@SERVER."""
        return self.reign.key

    @property
    def farewell(self) -> OnSilence:
        """The plan that a stop of the service leaves the terminals with."""
        return self._settings.lease.of(self.key) if self._settings.mode is Mode.ACT else OnSilence.HOLD

    @property
    def view_known(self) -> bool:
        """Whether the account's positions are known."""
        return self.reign.view_known

    def welcome(self, peer: Peer, logon: Logon, now: int, *, entropy: str = "") -> Link | Refusal:
        """Accept a terminal of this account, in its role, resumed or afresh; or say why not."""
        return self._admission.welcome(peer, logon, now, entropy=entropy)

    def take(self, link: Link, event: Event, now: int, utc: int) -> None:
        """Take what a terminal's connection brought."""
        if type(event) in _FACTS:
            with self.outbox.together():
                self.incoming.take(link, event, now, utc)
        else:
            self.incoming.take(link, event, now, utc)

    def rewrite(self) -> None:
        """Have the store given every trade as it is: it was replaced, or was owed more than is kept."""
        self.trader.keep(*self.book)
        self.trader.restate()
        self.risk.rewrite()
        self._leases.rewrite()

    def distrust_store(self) -> None:
        """The store was replaced by an older one: it gets everything anew, and is believed when the user accepts it (R23)."""
        self.reign.distrust_store()
        self.rewrite()

    def witnessed(self, answer: Answer) -> None:
        """Take what the second witness says."""
        if self._sight is not None:
            self._sight.heard(answer)

    def confirm_authority(self) -> None:
        """The user has looked after an alarm of a second authority, and says that there is none any more (R09)."""
        self.reign.confirm()

    def drop(self, link: Link, why: str, now: int) -> None:
        """Our own code failed on what the terminal brought: it is no longer believed, its next logon starts anew (R26)."""
        self.incoming.drop(link, why, now)

    def advance(self, now: int, utc: int) -> None:
        """Look at the clock: commands, evidence for those without an answer, a successor for a manager that is gone."""
        self._authority.begin(utc)
        self.trader.hold(now, utc, hands_off=self.links.hands_off)
        self.trader.orders.advance(now, utc)
        self.incoming.look_again(now)
        self.incoming.seek_evidence(now)
        self.links.forget_old(now)
        heir = self.links.successor(now)
        if heir is not None:
            self._admission.promote(heir, now)
        self.positions.sweep(utc)
        self._leases.advance(now)
        self._relay.advance(now)
        self.markets.advance(now)
        self._subscriptions.advance(now)
        if self._sight is not None:
            self._sight.advance(now, utc)
        self._tidings.moves(self.quotes.moves)
        self._tidings.calendar(self.risk.stale_calendar(utc))

    def next_check(self, now: int, utc: int) -> bool:
        """
        Do one piece of what is due: bars to be judged, then deep checks, then fast ones; false when there is none.

        While the view is unknown nothing could follow from it.
        """
        if not self.view_known:
            return False
        done = self.markets.step(now, utc)
        if done is None:
            return self.trader.next_check(now, utc)
        symbol, trigger = done
        if trigger is not None:
            self.trader.judged(symbol, trigger)
        return True
