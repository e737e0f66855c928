"""
An account's standing: its books valued at the market.

The broker holds one that is true, the terminal one that it believes; the checks of `checks` read either.
"""

from dtms.sim.holdings import Holdings, SymbolBook
from dtms.sim.market import Market
from dtms.sim.mt5 import MarginMode
from dtms.sim.spec import FOREX, SymbolSpec
from dtms.sim.state import Account, Position


class Standing:
    """Account, market and holdings together; money is in deposit currency."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.market = Market()
        self.holdings = Holdings()

    def rate(self, currency: str) -> float:
        """Deposit currency for one unit of a currency."""
        return self.market.rate(currency, self.account.currency, self.account.rates)

    def money(self, spec: SymbolSpec, price_units: float) -> float:
        """Lots x price of a symbol as money, rounded to the account's decimals."""
        amount = price_units * spec.contract_size * self.rate(spec.currency_profit)
        return round(amount, self.account.currency_digits)

    def profit_of(self, position: Position) -> float:
        """Floating profit without swap."""
        quote = self.market.quotes.get(position.symbol)
        if quote is None:
            return 0.0
        price = quote.bid if position.side == 0 else quote.ask
        move = (price - position.price_open) * position.direction
        return self.money(self.market.specs[position.symbol], move * position.volume)

    def book_profit(self, symbol: str, book: SymbolBook) -> float:
        """Floating profit of all positions of a symbol, swap included, not rounded."""
        quote = self.market.quotes.get(symbol)
        if quote is None:
            return book.swap
        spec = self.market.specs[symbol]
        units = book.profit_units(quote.bid, quote.ask)
        return units * spec.contract_size * self.rate(spec.currency_profit) + book.swap

    def floating(self) -> float:
        return sum(self.book_profit(s, b) for s, b in self.holdings.books.items() if b.positions)

    def equity(self) -> float:
        return self.account.balance + self.account.credit + self.floating()

    def margin_for(self, spec: SymbolSpec, volume: float, price: float, *, opening: bool = False) -> float:
        """
        Margin of a volume at a price, covered or not: of a held position, or what an entry must have.

        A symbol with a margin of its own per lot knows neither price nor leverage; an exchange lends nothing.
        """
        rate = self.rate(spec.currency_margin)
        fixed = spec.margin_initial if opening else spec.margin_maintenance or spec.margin_initial
        if fixed > 0:
            return volume * fixed * rate
        notional = volume * spec.contract_size
        if spec.calc_mode != FOREX:
            notional *= price  # a CFD is counted at its price, a currency pair in its base currency
        leverage = 1 if self.account.margin_mode == MarginMode.EXCHANGE else self.account.leverage
        return notional * spec.margin_rate / leverage * rate

    def margin(self) -> float:
        specs = self.market.specs
        return sum(
            book.margin_charged(specs[s].margin_hedged / specs[s].contract_size)
            for s, book in self.holdings.books.items()
            if book.positions
        )

    def margin_level(self) -> float:
        """Equity in percent of the margin, 0 where there is none."""
        margin = self.margin()
        return self.equity() / margin * 100 if margin > 0 else 0.0
