"""
One connection and one session with a terminal: bytes in, events out, bytes to send are asked for.

Charter: no I/O, no clock, no thread, no decision about trades or accounts. ``now`` is monotonic ms of the caller, ``utc`` ms
since 1970. Reading order: ``states`` (the table), ``events``, ``peer`` (one connection), ``session`` (what survives it), then the
parts they use.
"""
