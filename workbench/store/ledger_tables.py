"""The ledger's table as it became; how it began stands in ``migrations``."""

from __future__ import annotations

LEDGER_WITHOUT_HASH_INDEX = """
-- A hash holds its entry's number, so it is like no other; an index of hashes, which come in no
-- order, was two thirds of what an entry cost (a page of it each, written twice).
DROP TRIGGER ledger_keeps_entries;
DROP TRIGGER ledger_keeps_words;
DROP TRIGGER ledger_grows_at_end;
ALTER TABLE ledger RENAME TO ledger_before;
CREATE TABLE ledger (
    number INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO ledger SELECT number, time, actor, action, subject, data, previous, hash
    FROM ledger_before ORDER BY number;
DROP TABLE ledger_before;
CREATE INDEX ledger_by_subject ON ledger (subject, number);
CREATE INDEX ledger_by_action ON ledger (action, number);
CREATE TRIGGER ledger_keeps_entries BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_keeps_words BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
-- INSERT OR REPLACE deletes without asking the trigger above, so an insert must be the next one.
CREATE TRIGGER ledger_grows_at_end BEFORE INSERT ON ledger
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM ledger)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""
