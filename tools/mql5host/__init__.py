"""Runs the Expert Advisor's own MQL5 sources natively, behind a simulated terminal."""
