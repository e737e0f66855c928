"""
What is remembered: the seam between the desk and whatever keeps its intents.

Charter: no decision, no socket. ``journal`` is the contract and its implementation in memory.
"""
