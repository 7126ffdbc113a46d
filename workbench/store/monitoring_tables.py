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
