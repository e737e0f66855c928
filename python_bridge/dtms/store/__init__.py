"""
What is remembered: the seam between the desk and whatever keeps its intents, and a SQLite database behind it.

Charter: no decision, no socket; all SQL of the project. Reading order: ``journal`` (the seam, and one in memory), ``rows`` (what is
kept), ``records``, ``loading`` and ``packing`` (a trade as a row), ``tables`` and ``catalogue`` (the others), ``statements``,
``reading``, ``accounts``, ``evidence`` (what `dtms explain` reads), then ``sqlite`` (the thread that writes), ``database`` and
``schema``, and what surrounds them: ``lock``, ``preparing``, ``quarantine``, ``backup``, ``keeper``, ``opening``. ``epochs`` and
``decision_files`` read what earlier versions left.
"""
