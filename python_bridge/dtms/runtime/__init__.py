"""
The shell: the only clock, the only sockets, the one thread that trades.

Reading order: ``service`` (what the command line starts), ``desk`` (one step), ``accounts`` and ``gate`` (who may log on, in
which role), ``account`` (what one account's events lead to), ``book``, ``locks``, ``outbox``, then ``transport``, ``inbox``,
``log``, ``snapshots``.
"""
