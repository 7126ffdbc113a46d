"""The tables of live editing: pages, what was written on them and by whom, and their states."""

from __future__ import annotations

LIVE = """
CREATE TABLE live_pages (
    id INTEGER PRIMARY KEY,
    space TEXT NOT NULL UNIQUE,  -- in its one form, which grants are for
    created_by TEXT NOT NULL,
    created_s REAL NOT NULL
) STRICT;
-- Each is an update in the form of Yjs, as its writer sent it. Applied in order, none waits for
-- another: what refers to something that is not here is not taken.
CREATE TABLE live_updates (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    page INTEGER NOT NULL REFERENCES live_pages (id),
    user TEXT NOT NULL,
    written_s REAL NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
CREATE INDEX live_updates_by_page ON live_updates (page, number);
-- What the updates up to a number come to, so that opening a page reads few of them.
CREATE TABLE live_states (
    page INTEGER PRIMARY KEY REFERENCES live_pages (id),
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    made_s REAL NOT NULL
) STRICT;
CREATE TRIGGER live_updates_stay_as_they_are BEFORE UPDATE ON live_updates
BEGIN SELECT RAISE(ABORT, 'what was written stays as it was written'); END;
CREATE TRIGGER live_updates_go_into_a_state_first BEFORE DELETE ON live_updates
WHEN OLD.number > coalesce((SELECT number FROM live_states WHERE page = OLD.page), 0)
BEGIN SELECT RAISE(ABORT, 'no state holds what this update wrote'); END;
CREATE TRIGGER live_states_grow BEFORE UPDATE ON live_states WHEN NEW.number < OLD.number
BEGIN SELECT RAISE(ABORT, 'a state does not go back'); END;
CREATE TRIGGER live_states_stay BEFORE DELETE ON live_states
BEGIN SELECT RAISE(ABORT, 'a state is what is left of the updates before it'); END;
"""

LIVE_WRITERS = """
-- Whose a client's number is: whoever wrote under it first. Blocks are known by number and clock,
-- so who wrote ahead under another's number would have that one's next words taken for known.
CREATE TABLE live_writers (
    page INTEGER NOT NULL REFERENCES live_pages (id),
    client INTEGER NOT NULL,
    user TEXT NOT NULL,
    PRIMARY KEY (page, client)
) STRICT, WITHOUT ROWID;
"""
