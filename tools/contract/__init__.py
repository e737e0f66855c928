"""
What follows from the message models: tables of PROTOCOL.md, JSON Schemas, MQL5 constants and structures, golden vectors; and
STATES.md from the engine's table of states.

::

    python -m contract            write the files
    python -m contract --check    exit 1 and name the files that are stale

The models in ``dtms.wire`` and the enumerations in ``dtms.names`` are the source; the prose of ``schemas/PROTOCOL.md``
above its mark is kept as it is.
"""
