"""
The second witness: what the MetaTrader5 package says of the same terminal, in a process of its own.

It only reads: positions, and deals of the history. What it says is compared with what the Expert Advisor told and looked up
where a position is gone; it never decides anything, and it never trades. ``client.Witness`` is what the service holds; ``child``
is the process. Nothing here is imported with the package, so that the process starts quickly.
"""
