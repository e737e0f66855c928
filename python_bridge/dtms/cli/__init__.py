"""
The `dtms` command: fills the settings from file and environment, wires everything, ends with an exit status.

Charter: no decision, no protocol. 0 ended as asked, 1 start-up or supervision failed, 2 wrong usage or input file.
"""
