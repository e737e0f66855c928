-- Accounts with their epochs (R23), trades, what was decided about them, and the commands that have no answer yet.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE accounts (
    account TEXT PRIMARY KEY,        -- LOGIN@SERVER
    epoch INTEGER NOT NULL,          -- the highest that was taken
    older INTEGER NOT NULL,          -- the store is older than what the terminal has seen: no new risk until it is accepted
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE shapes (
    id INTEGER PRIMARY KEY,
    names TEXT NOT NULL              -- JSON: the fields of each class, in the order in which a packed one lists them
);

CREATE TABLE trades (
    account TEXT NOT NULL,
    position_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,     -- counts the sides of a netting position
    ticket INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    side INTEGER NOT NULL,           -- 1 buy, 2 sell
    volume REAL NOT NULL,
    price_open REAL NOT NULL,
    stop_loss REAL,
    take_profit REAL,
    magic INTEGER NOT NULL,
    comment TEXT NOT NULL,
    ts_open INTEGER NOT NULL,        -- server time
    swap REAL NOT NULL,
    commission REAL NOT NULL,
    profit REAL NOT NULL,
    reason INTEGER NOT NULL,
    managed INTEGER NOT NULL,
    initial_stop REAL,
    risk REAL,                       -- R in price units
    risk_synthetic INTEGER NOT NULL,
    initial_volume REAL NOT NULL,
    quarantine TEXT,
    state TEXT,                      -- of the defence, as all down to mark; none: nothing is defended
    previous TEXT,
    entered INTEGER,                 -- when it came into the state
    last_bar INTEGER,                -- close of the last bar that was counted
    dwell INTEGER,                   -- bars in the state
    timer_start INTEGER,             -- close of the bar before the timer; none: there is no timer
    episode INTEGER,
    defence_risk REAL,
    defence_risk_synthetic INTEGER,
    closed_volume REAL,
    partials INTEGER,
    refusals INTEGER,
    lifted_bar INTEGER,
    hedged_at INTEGER,
    gone INTEGER,                    -- the main position is
    quality TEXT,
    owner TEXT,
    deep_bar INTEGER,
    defence_version INTEGER,
    timer_bars INTEGER,
    mark BLOB,                       -- the last score, MessagePack
    shape INTEGER NOT NULL,          -- of mark and record
    record BLOB NOT NULL,            -- the rest of trade and defence, MessagePack
    checksum INTEGER NOT NULL,       -- CRC-32 over all columns above
    status TEXT NOT NULL,            -- ACTIVE, ARCHIVED; a row is never deleted
    version INTEGER NOT NULL,        -- number of the entry that wrote it; an older one changes nothing
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_why TEXT,
    PRIMARY KEY (account, position_id, generation)
);
CREATE INDEX trades_active ON trades (account) WHERE status = 'ACTIVE';
CREATE INDEX trades_symbol ON trades (symbol);

CREATE TABLE actions (
    id INTEGER PRIMARY KEY,          -- number of the entry
    account TEXT NOT NULL,
    command_id INTEGER,              -- none: decided in observe mode
    position_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    ticket INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    type TEXT NOT NULL,
    reason TEXT NOT NULL,
    params TEXT,                     -- JSON: the command
    figures TEXT NOT NULL,           -- JSON: what the rule found
    "before" TEXT NOT NULL,          -- JSON: volume, stop, target
    "after" TEXT,                    -- the same as the terminal reported it
    state TEXT,
    score_before REAL,
    score_after REAL,
    regime TEXT,
    rails TEXT,
    attempts INTEGER NOT NULL,
    outcome TEXT,                    -- none: not known yet
    retcode INTEGER,
    success INTEGER,
    error TEXT,
    ts INTEGER NOT NULL,
    answered_at INTEGER
);
CREATE UNIQUE INDEX actions_command ON actions (account, command_id) WHERE command_id IS NOT NULL;
CREATE INDEX actions_position ON actions (account, position_id);

CREATE TABLE outbox (
    account TEXT NOT NULL,
    command_id INTEGER NOT NULL,
    position_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    type INTEGER NOT NULL,           -- of the message
    body BLOB NOT NULL,              -- its fields, MessagePack
    decided_at INTEGER NOT NULL,
    ttl_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,       -- how often its frame left
    PRIMARY KEY (account, command_id)
) WITHOUT ROWID;
