"""DTMS bridge: one authority that watches open MetaTrader 5 positions and reduces their risk."""

__version__ = "0.1.0"
