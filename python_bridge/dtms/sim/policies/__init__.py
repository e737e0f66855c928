"""
What rules of trade management would have done to a list of trades in recorded prices.

Every trade stands alone, on an account of its own at the broker model. Reading order: ``history`` (prices and bars), ``entries``
and ``tradefile`` (the trades), ``pilot`` (what a rule is asked and may answer), ``simple``, ``sight`` and ``defended`` (the rules),
``account`` and ``wiring`` (one trade at the broker), ``course`` (the way of the price), ``replay`` (one trade under one rule),
``placebo``, ``ruleset``, ``compare`` (all trades under all rules), ``figures``, ``conclusions``.
"""
