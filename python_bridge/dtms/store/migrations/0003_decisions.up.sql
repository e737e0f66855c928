-- Why something was done or not: the proofs of decisions and what their commands came to, for dtms explain.
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    position_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    fate TEXT NOT NULL,              -- what became of its command at once; none: it had none
    command_id INTEGER,
    proof BLOB NOT NULL              -- JSON, compressed (zlib)
);
CREATE INDEX decisions_position ON decisions (account, position_id);

CREATE TABLE decision_tickets (      -- a trade's own ticket, and those of the positions that were opened for it
    ticket INTEGER NOT NULL,
    account TEXT NOT NULL,
    position_id INTEGER NOT NULL,
    PRIMARY KEY (ticket, account, position_id)
) WITHOUT ROWID;

CREATE TABLE reports (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    command_id INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    body BLOB NOT NULL               -- the report's fields, MessagePack
);
CREATE INDEX reports_command ON reports (account, command_id);
