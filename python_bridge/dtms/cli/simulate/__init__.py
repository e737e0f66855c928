"""`dtms simulate`: what rules of trade management would have done to trades in recorded prices."""
