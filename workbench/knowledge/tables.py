"""The tables of one graph's file; what they mean stands in docs/adr/0054."""

from __future__ import annotations

from workbench.store.migrations import Migration

_VALUES = """
CREATE TABLE folders (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;
-- Values: never changed, named by what they were made from.
CREATE TABLE readings (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    source_sha256 TEXT NOT NULL,
    reader TEXT NOT NULL,
    reader_version TEXT NOT NULL,
    encoding TEXT,
    characters INTEGER NOT NULL,
    note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,  -- sha256 of kind and text
    kind TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE TABLE chunks (
    reading_id INTEGER NOT NULL REFERENCES readings (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL CHECK (stop > start),
    passage_id INTEGER NOT NULL REFERENCES passages (id),
    place TEXT NOT NULL,  -- JSON: section, page, row, cell, function
    PRIMARY KEY (reading_id, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX chunks_by_passage ON chunks (passage_id);
CREATE TABLE boxes (
    reading_id INTEGER NOT NULL REFERENCES readings (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    page INTEGER NOT NULL,  -- from 1
    x0 REAL NOT NULL,  -- in points, from the page's lower left corner
    y0 REAL NOT NULL,
    x1 REAL NOT NULL,
    y1 REAL NOT NULL,
    PRIMARY KEY (reading_id, start)
) STRICT, WITHOUT ROWID;
-- What changes: a document's version is open until recorded_to. Times are microseconds since 1970.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    folder_id INTEGER NOT NULL REFERENCES folders (id),
    path TEXT NOT NULL,
    source_sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    reader TEXT NOT NULL,
    reader_version TEXT NOT NULL,
    reading_id INTEGER REFERENCES readings (id),
    fault TEXT,  -- why it could not be read
    recorded_from INTEGER NOT NULL,
    recorded_to INTEGER CHECK (recorded_to > recorded_from),
    CHECK ((reading_id IS NULL) <> (fault IS NULL))
) STRICT;
CREATE UNIQUE INDEX documents_now ON documents (folder_id, path) WHERE recorded_to IS NULL;
CREATE INDEX documents_by_reading ON documents (reading_id);
CREATE INDEX documents_by_path ON documents (path);
-- What the file looked like when its bytes were last hashed; losing a row costs a hash.
CREATE TABLE looks (
    folder_id INTEGER NOT NULL REFERENCES folders (id),
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    looked_ns INTEGER NOT NULL,
    PRIMARY KEY (folder_id, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), last_us INTEGER NOT NULL) STRICT;
INSERT INTO clock VALUES (1, 0);
"""

_EXTRACTION = """
CREATE TABLE extractors (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    settings TEXT NOT NULL,  -- JSON
    UNIQUE (name, version, settings)
) STRICT;
CREATE TABLE extractor_uses (
    id INTEGER PRIMARY KEY,
    extractor_id INTEGER NOT NULL REFERENCES extractors (id),
    recorded_from INTEGER NOT NULL,
    recorded_to INTEGER CHECK (recorded_to > recorded_from)
) STRICT;
CREATE UNIQUE INDEX extractor_uses_now ON extractor_uses (extractor_id) WHERE recorded_to IS NULL;
-- That an extractor has looked at a passage, whatever it found.
CREATE TABLE extractions (
    passage_id INTEGER NOT NULL REFERENCES passages (id) ON DELETE CASCADE,
    extractor_id INTEGER NOT NULL REFERENCES extractors (id),
    ungrounded INTEGER NOT NULL,  -- what it said without the passage saying it; not kept
    PRIMARY KEY (passage_id, extractor_id)
) STRICT, WITHOUT ROWID;
-- Spans are of characters within the passage, up to `stop` (END is a word of SQL's).
CREATE TABLE mentions (
    passage_id INTEGER NOT NULL,
    extractor_id INTEGER NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    confidence REAL NOT NULL,
    PRIMARY KEY (passage_id, extractor_id, start, stop, kind),
    FOREIGN KEY (passage_id, extractor_id)
        REFERENCES extractions (passage_id, extractor_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_by_name ON mentions (name);
CREATE TABLE aliases (
    passage_id INTEGER NOT NULL,
    extractor_id INTEGER NOT NULL,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    short TEXT NOT NULL,
    long TEXT NOT NULL,
    confidence REAL NOT NULL,
    PRIMARY KEY (passage_id, extractor_id, start, short, long),
    FOREIGN KEY (passage_id, extractor_id)
        REFERENCES extractions (passage_id, extractor_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE TABLE assertions (
    passage_id INTEGER NOT NULL,
    extractor_id INTEGER NOT NULL,
    key TEXT NOT NULL,  -- sha256 of subject, relation, object and the time of which it is said
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    subject TEXT NOT NULL,
    relation TEXT NOT NULL,
    object TEXT NOT NULL,
    valid_from TEXT,
    valid_to TEXT,
    confidence REAL NOT NULL,
    PRIMARY KEY (passage_id, extractor_id, key, start),
    FOREIGN KEY (passage_id, extractor_id)
        REFERENCES extractions (passage_id, extractor_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX assertions_by_subject ON assertions (subject);
CREATE INDEX assertions_by_object ON assertions (object);
"""

_EVENTS = """
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('merge', 'unmerge')),
    first TEXT NOT NULL,  -- keys of entities, in order: a pair has one form
    second TEXT NOT NULL CHECK (second > first),
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_us INTEGER NOT NULL
) STRICT;
CREATE TRIGGER events_keep_entries BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_keep_words BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_grow_at_end BEFORE INSERT ON events
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
-- How far the audit ledger of the home, another file, has been told.
CREATE TABLE told (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT;
INSERT INTO told VALUES (1, 0);
"""

_RULES = """
-- Rules that a user added or took away; replayed, as merges are.
CREATE TABLE rule_events (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('add', 'remove')),
    rule TEXT NOT NULL,  -- in canonical form
    confidence REAL NOT NULL CHECK (confidence > 0 AND confidence <= 1),
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_us INTEGER NOT NULL
) STRICT;
CREATE TRIGGER rule_events_keep_entries BEFORE DELETE ON rule_events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER rule_events_keep_words BEFORE UPDATE ON rule_events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER rule_events_grow_at_end BEFORE INSERT ON rule_events
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM rule_events)
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
ALTER TABLE told ADD COLUMN rules INTEGER NOT NULL DEFAULT 0;
"""

_REVIEWS = """
-- Pairs of entities that somebody looked at and found to be two.
CREATE TABLE apart_events (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('apart', 'undecide')),
    first TEXT NOT NULL,
    second TEXT NOT NULL CHECK (second > first),
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_us INTEGER NOT NULL
) STRICT;
-- Senses of homonyms that users set: what a name is in a document.
CREATE TABLE sense_events (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('set', 'unset')),
    name TEXT NOT NULL,  -- the key of the name
    document TEXT NOT NULL,  -- its path
    sense TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_us INTEGER NOT NULL
) STRICT;
ALTER TABLE told ADD COLUMN apart INTEGER NOT NULL DEFAULT 0;
ALTER TABLE told ADD COLUMN senses INTEGER NOT NULL DEFAULT 0;
"""

_AGREED = """
-- What the space of the graph's name agreed on, as it was brought over: statements and decisions.
ALTER TABLE folders ADD COLUMN kind TEXT NOT NULL DEFAULT 'folder'
    CHECK (kind IN ('folder', 'space'));
CREATE TABLE agreed_events (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('agree', 'withdraw')),
    what TEXT NOT NULL CHECK (what IN ('statement', 'pair', 'sense', 'rule', 'fact')),
    key TEXT NOT NULL,  -- of the statement or decision in the space
    content TEXT NOT NULL,  -- JSON: it as the space has it; null where it was withdrawn
    origin TEXT NOT NULL,  -- JSON: the record that brought it, and who proposed and approved it
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    recorded_us INTEGER NOT NULL
) STRICT;
CREATE INDEX agreed_events_by_key ON agreed_events (what, key);
-- The record of the space that was brought over last.
CREATE TABLE agreed_until (one INTEGER PRIMARY KEY CHECK (one = 1), record TEXT NOT NULL) STRICT;
ALTER TABLE told ADD COLUMN agreed INTEGER NOT NULL DEFAULT 0;
"""


def _append_only(table: str) -> str:
    """Triggers that refuse anything but a new row at the end."""
    say = f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END;"
    return f"""
CREATE TRIGGER {table}_keep_entries BEFORE DELETE ON {table} {say}
CREATE TRIGGER {table}_keep_words BEFORE UPDATE ON {table} {say}
CREATE TRIGGER {table}_grow_at_end BEFORE INSERT ON {table}
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM {table}) {say}
"""


MIGRATIONS: tuple[Migration, ...] = (
    Migration("documents and what they say", _VALUES),
    Migration("extraction", _EXTRACTION),
    Migration("events", _EVENTS),
    Migration("rules", _RULES),
    Migration("reviews", _REVIEWS + _append_only("apart_events") + _append_only("sense_events")),
    Migration("what was agreed on", _AGREED + _append_only("agreed_events")),
)
