-- What the defence remembers beside the trade itself, the registry of owners, and the figures of an account's days.
CREATE TABLE transitions (
    account TEXT NOT NULL,
    position_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    state_from TEXT NOT NULL,
    state_to TEXT NOT NULL,
    reason TEXT NOT NULL,
    score REAL,
    coverage REAL,
    regime TEXT NOT NULL,
    status TEXT NOT NULL,            -- PENDING, DONE, FAILED
    PRIMARY KEY (account, position_id, generation, ts, state_from, state_to)
) WITHOUT ROWID;

-- A timer is part of its trade: there is one place to change it.
CREATE VIEW timers AS
    SELECT account, position_id, generation, state AS kind, timer_start AS start_bar, timer_bars AS bars, symbol
    FROM trades WHERE status = 'ACTIVE' AND timer_bars IS NOT NULL;

CREATE TABLE scores (
    account TEXT NOT NULL,
    position_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    total REAL,
    "groups" TEXT NOT NULL,          -- JSON
    coverage REAL NOT NULL,
    PRIMARY KEY (account, position_id, generation, ts)
) WITHOUT ROWID;
CREATE INDEX scores_ts ON scores (ts);

CREATE TABLE hedges (
    account TEXT NOT NULL,
    position_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    hedge_ticket INTEGER NOT NULL,
    volume REAL NOT NULL,
    price_open REAL NOT NULL,
    stop_loss REAL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    reason TEXT NOT NULL,
    PRIMARY KEY (account, position_id, generation, hedge_ticket)
) WITHOUT ROWID;

CREATE TABLE registry (
    account TEXT NOT NULL,
    position_id INTEGER NOT NULL,
    ticket INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    side INTEGER NOT NULL,
    owner TEXT NOT NULL,
    strategy_type TEXT NOT NULL,
    watchers TEXT NOT NULL,          -- JSON
    breakeven_triggered INTEGER NOT NULL,
    partial_taken INTEGER NOT NULL,
    dtms_state TEXT NOT NULL,
    defensive INTEGER NOT NULL,
    released INTEGER NOT NULL,       -- the user wants it left alone
    last_modified_by TEXT NOT NULL,
    last_modified_at INTEGER NOT NULL,
    lock_holder TEXT NOT NULL,
    version INTEGER NOT NULL,
    rules TEXT NOT NULL,             -- JSON: the rules as they were at registration
    baseline_atr REAL,
    reference_volume REAL,
    last_trailing_stop REAL,
    last_stop_change_at INTEGER,
    plan_id TEXT NOT NULL,
    PRIMARY KEY (account, position_id)
) WITHOUT ROWID;

CREATE TABLE account_days (
    account TEXT NOT NULL,
    day TEXT NOT NULL,               -- YYYY-MM-DD of the account's own day
    base_equity REAL NOT NULL,
    realised REAL NOT NULL,
    consecutive_stops INTEGER NOT NULL,
    rail_trips TEXT NOT NULL,        -- JSON: how often each rail held something back
    PRIMARY KEY (account, day)
) WITHOUT ROWID;

CREATE TABLE rails (
    account TEXT PRIMARY KEY,
    day INTEGER NOT NULL,            -- of the server's clock, counted from 1970
    base REAL,                       -- what the day's loss is counted from
    equity REAL,
    day_hit INTEGER NOT NULL,
    peaks TEXT NOT NULL,             -- JSON: the highest equity of each of the last minutes
    hour_until INTEGER NOT NULL,
    stops INTEGER NOT NULL,          -- stops in a row
    since INTEGER NOT NULL,          -- of the figures that are the day's base
    moved TEXT NOT NULL              -- JSON: deals that brought or took money since
) WITHOUT ROWID;

CREATE TABLE leases (
    account TEXT NOT NULL,
    position_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    on_silence INTEGER NOT NULL,     -- 1 hold, 2 tighten, 3 close
    grace_s INTEGER NOT NULL,
    floor_stop REAL,
    breakeven_at REAL,
    breakeven_stop REAL,
    trail_distance REAL,
    max_hold_s INTEGER,
    pair_ticket INTEGER NOT NULL,
    require_stop INTEGER NOT NULL,
    volume REAL NOT NULL,
    ticket INTEGER NOT NULL,         -- and side: the generation of the position that it was made for
    side INTEGER NOT NULL,           -- 1 buy, 2 sell
    PRIMARY KEY (account, position_id, generation)
) WITHOUT ROWID;
