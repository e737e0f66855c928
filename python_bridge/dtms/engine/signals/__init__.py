"""
What the market says about open trades: facts on closed bars, and a score of them for either side.

`evidence.advance` takes closed bars and returns the facts, `score.score` weighs them for one side. Nothing here knows a trade, a
broker or a clock, and nothing remembers anything but the `memory.MarketMemory` and the buffers that are passed in.
"""
