"""
What to do with a trade: values in, a decision out.

Charter: no I/O, no clock, no identity of its own, no bytes. Messages of ``dtms.wire`` are the events. Reading order: ``trade``,
``orders`` (grid and distances), ``break_even`` (the rule), ``obligation`` (its table), ``close``, ``decide``, ``triggers``.
"""
