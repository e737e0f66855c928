"""`dtms demo`: service and Expert Advisor end to end on a simulated account."""
