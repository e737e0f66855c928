"""
The defence of one trade: where it stands, what is owed for it, and the proof of both.

Charter: as the engine's; nothing here knows a socket, a clock or another trade. Reading order: ``states`` (the one table),
``guards`` and ``predicates`` (what its conditions are made of), ``record`` (what is kept), ``step`` (a row taken), ``duties``
(what is owed), ``actions`` (from an action to a command), ``rails``, ``conduct`` (what ``decide`` calls), ``proof``.
"""
