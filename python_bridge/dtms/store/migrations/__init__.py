"""
The database's tables, step by step.

``NNNN_name.up.sql`` leads from the version before to NNNN, ``NNNN_name.down.sql`` back. Times are ms since 1970 in UTC, tickets
and magic numbers are unsigned 64-bit numbers kept as signed ones, truth is 0 or 1. A step is never changed once it is released.
"""
