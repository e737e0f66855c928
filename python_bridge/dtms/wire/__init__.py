"""
What is said on the link: messages and their encoding.

Charter: no I/O, no clock, no session state. ``schemas/PROTOCOL.md`` is the normative text; ``base`` holds the
value types, ``messages`` the table of all messages, ``codec`` turns frames into them and back.
"""
