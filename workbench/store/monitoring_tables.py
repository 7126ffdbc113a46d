"""The tables of the monitoring room in ``store.sqlite``."""

SAMPLES = """
-- One row a name and span: a minute (step_s 60), and an hour once the minutes are old.
CREATE TABLE samples (
    name TEXT NOT NULL,
    step_s INTEGER NOT NULL CHECK (step_s IN (60, 3600)),
    start_s INTEGER NOT NULL,
    mean REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    readings INTEGER NOT NULL CHECK (readings > 0),
    PRIMARY KEY (name, step_s, start_s)
) STRICT, WITHOUT ROWID;
CREATE INDEX samples_by_age ON samples (step_s, start_s);
"""

ALERTS = """
-- What each rule said when it was last looked at: a restart goes on from here.
CREATE TABLE alert_states (
    rule TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('ok', 'pending', 'firing', 'no data')),
    since_s REAL NOT NULL,
    looked_s REAL NOT NULL,
    value REAL,
    why TEXT NOT NULL,
    by_lack INTEGER NOT NULL  -- whether it fires because data were missing
) STRICT, WITHOUT ROWID;
CREATE TABLE alert_incidents (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    title TEXT NOT NULL,
    severity TEXT NOT NULL,
    fired_s REAL NOT NULL,
    value REAL,  -- at the firing; null where data were missing
    worst REAL,
    cleared_s REAL,
    cleared_because TEXT,
    told_s REAL,  -- when it was last told; null: nobody was told of it yet
    told_cleared_s REAL
) STRICT;
-- No rule fires a second time before it was cleared, whoever looks.
CREATE UNIQUE INDEX alert_incidents_open ON alert_incidents (rule) WHERE cleared_s IS NULL;
CREATE INDEX alert_incidents_by_time ON alert_incidents (fired_s);
CREATE TABLE alert_silences (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    begun_s REAL NOT NULL,
    until_s REAL NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX alert_silences_by_rule ON alert_silences (rule, until_s);
"""
