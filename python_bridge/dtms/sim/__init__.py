"""
The broker model, the terminal that caches it, and the prices that move both.

The **broker** (`broker.Broker`) is the truth: it alone knows what was executed. A **terminal**
(`terminal.SimTerminal`) knows what the broker told it and answers an Expert Advisor from that, so it can be
late, wrong or cut off. Between them travel frozen dataclasses (`messages`), by list or through a pipe.

Nothing here reads a clock, draws from the global random generator, opens a socket, starts a thread or sleeps;
`prices` alone opens a file, one that its caller names. It must not import zmq, the runtime, the command line or
the host of the Expert Advisor.

Accounts are modelled with several positions a symbol (hedging) and with one (netting, exchange).

Reading order: `mt5`, `spec`, `state`, `messages`; `market`, `holdings`, `standing` (what both sides keep);
`checks`, `entering`, `accounting`, `execution`, `service`, `behaviour`, `delivery`, `broker`; `calendar`, `newsroom`,
`newsstand`; `feed`, `records`, `terminal`; `prices`, `paths`, `trades`.
"""
