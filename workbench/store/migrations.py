"""The tables of ``store.sqlite``, as an ordered list of steps forward.

A step that was ever released is never edited: its checksum is recorded in each database, and a
difference is an error. A change is a new step at the end.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import ConflictError, IntegrityError

from .edge_tables import EDGE
from .identity_tables import IDENTITY, OPENID_CONNECT, SPACES_AND_SIGN_IN
from .lane_tables import LANES
from .ledger_tables import LEDGER_WITHOUT_HASH_INDEX
from .live_tables import LIVE, LIVE_WRITERS
from .monitoring_tables import ALERTS, SAMPLES

_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_s REAL NOT NULL
) STRICT
"""


@dataclass(frozen=True)
class Migration:
    """One step: a name and the SQL that makes it."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """The sha256 of the SQL."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    def statements(self) -> Iterator[str]:
        """The SQL statement by statement.

        ``executescript`` would commit the transaction that the step stands in.
        """
        pending = ""
        for line in self.sql.splitlines(keepends=True):
            pending += line
            if sqlite3.complete_statement(pending):
                yield pending
                pending = ""
        if pending.strip():
            raise ValueError(f"migration {self.name!r} ends inside a statement")


def pending(
    connection: sqlite3.Connection, migrations: Sequence[Migration], path: Path
) -> list[tuple[int, Migration]]:
    """The steps that a database lacks, numbered from 1.

    Raises:
        ConflictError: The database is newer than this code.
        IntegrityError: A step that it took was edited since.
    """
    known = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
    ).fetchone()
    taken = (
        connection.execute(
            "SELECT number, name, checksum FROM schema_migrations ORDER BY number"
        ).fetchall()
        if known
        else []
    )
    for number, name, checksum in taken:
        if number > len(migrations):
            raise ConflictError(
                f"{path} was written by a newer workbench: it has step {taken[-1][0]} "
                f"({taken[-1][1]!r}), this one knows {len(migrations)}",
                hint="pip install --upgrade workbench, or set WORKBENCH_HOME to another folder",
                path=str(path),
            )
        step = migrations[number - 1]
        if checksum != step.checksum:
            raise IntegrityError(
                f"step {number} ({name!r}) of {path} was taken as {checksum[:12]}, this workbench "
                f"has {step.name!r} as {step.checksum[:12]}",
                hint="restore the migration as it was, and put the change in a new one",
                path=str(path),
            )
    return list(enumerate(migrations, start=1))[len(taken) :]


def apply(connection: sqlite3.Connection, migrations: Sequence[Migration], path: Path) -> int:
    """Take the steps that are missing, inside the caller's transaction; returns how many."""
    connection.execute(_RECORD)
    steps = pending(connection, migrations, path)
    for number, step in steps:
        for statement in step.statements():
            connection.execute(statement)
        connection.execute(
            "INSERT INTO schema_migrations VALUES (?, ?, ?, ?)",
            (number, step.name, step.checksum, time.time()),
        )
    return len(steps)


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        "records",
        """
CREATE TABLE records (
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT,  -- null once deleted; the row stays so that revisions never start again
    updated_s REAL NOT NULL,
    PRIMARY KEY (namespace, key)
) STRICT, WITHOUT ROWID;
""",
    ),
    Migration(
        "versions",
        """
CREATE TABLE versions (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    artifact_sha256 TEXT,
    record TEXT,
    metadata TEXT NOT NULL,
    created_s REAL NOT NULL,
    UNIQUE (kind, name, number)
) STRICT;
CREATE INDEX versions_by_artifact ON versions (artifact_sha256);
CREATE TABLE version_parents (
    version_id INTEGER NOT NULL REFERENCES versions (id),
    parent_id INTEGER NOT NULL REFERENCES versions (id),
    PRIMARY KEY (version_id, parent_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_children ON version_parents (parent_id);
CREATE TABLE label_moves (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    from_number INTEGER,
    to_number INTEGER,  -- null: the label was taken off
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    moved_s REAL NOT NULL
) STRICT;
CREATE INDEX label_moves_by_label ON label_moves (kind, name, label, id);
""",
    ),
    Migration(
        "jobs",
        """
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL,
    params TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    priority INTEGER NOT NULL,
    run_after_s REAL NOT NULL,
    max_attempts INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lost_workers INTEGER NOT NULL DEFAULT 0,
    idempotency_key TEXT UNIQUE,
    token INTEGER NOT NULL DEFAULT 0,  -- the fencing token: grows by one with each lease
    worker TEXT,
    lease_until_s REAL,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    progress TEXT,
    result TEXT,
    error TEXT,
    created_s REAL NOT NULL,
    started_s REAL,
    finished_s REAL
) STRICT;
CREATE INDEX jobs_queued ON jobs (priority DESC, run_after_s, id) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (lease_until_s) WHERE state = 'running';
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE TABLE job_needs (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    needs_id INTEGER NOT NULL REFERENCES jobs (id),
    PRIMARY KEY (job_id, needs_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_needing ON job_needs (needs_id);
CREATE TABLE job_attempts (
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    token INTEGER NOT NULL,
    worker TEXT NOT NULL,
    started_s REAL NOT NULL,
    ended_s REAL,
    outcome TEXT,
    PRIMARY KEY (job_id, token)
) STRICT, WITHOUT ROWID;
""",
    ),
    Migration(
        "ledger",
        """
CREATE TABLE ledger (
    number INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
) STRICT;
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
""",
    ),
    Migration("identity", IDENTITY),
    Migration(
        "usage",
        """
CREATE TABLE usage (
    settlement_id TEXT PRIMARY KEY,
    request_id TEXT NOT NULL,
    time_s REAL NOT NULL,
    key_id TEXT NOT NULL,
    user TEXT NOT NULL,
    model_asked TEXT NOT NULL,
    model_served TEXT NOT NULL,
    backend TEXT NOT NULL,
    route TEXT,
    endpoint TEXT NOT NULL,
    dialect TEXT NOT NULL,
    status INTEGER NOT NULL,
    error_code TEXT,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    cost_nano_usd INTEGER NOT NULL,
    queue_s REAL,
    time_to_first_token_s REAL,
    duration_s REAL,
    stream INTEGER NOT NULL,
    cache TEXT,
    fallbacks TEXT,  -- JSON: the models and upstreams that failed before
    prompt_chars INTEGER,
    language TEXT,
    task TEXT,
    sketch_kind TEXT,  -- how the sketch was made, with its version
    sketch BLOB
) STRICT;
CREATE INDEX usage_by_key ON usage (key_id, time_s);
CREATE INDEX usage_by_time ON usage (time_s);
CREATE INDEX usage_by_request ON usage (request_id);
-- Filled only where the setting usage_prompt_text is on.
CREATE TABLE usage_text (
    settlement_id TEXT PRIMARY KEY REFERENCES usage (settlement_id),
    prompt TEXT,
    completion TEXT
) STRICT;
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL,
    time_s REAL NOT NULL,
    key_id TEXT NOT NULL,
    score REAL NOT NULL,
    comment TEXT
) STRICT;
CREATE INDEX feedback_by_request ON feedback (request_id);
""",
    ),
    Migration(
        "pipelines",
        """
CREATE TABLE pipeline_runs (
    id INTEGER PRIMARY KEY,
    pipeline TEXT NOT NULL,
    definition TEXT NOT NULL,
    because TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('running', 'waiting', 'stopped', 'failed', 'promoted', 'refused', 'given up')),
    reason TEXT NOT NULL DEFAULT '',
    started_s REAL NOT NULL,
    ended_s REAL
) STRICT;
-- A batch is dealt with to its end before the next one is begun.
CREATE UNIQUE INDEX pipeline_runs_open ON pipeline_runs (pipeline)
WHERE state IN ('running', 'waiting', 'stopped', 'failed');
CREATE TABLE pipeline_stages (
    run_id INTEGER NOT NULL REFERENCES pipeline_runs (id),
    stage TEXT NOT NULL,
    inputs_sha256 TEXT NOT NULL,
    inputs TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'waiting', 'failed', 'done')),
    output TEXT,
    error TEXT,
    attempts INTEGER NOT NULL DEFAULT 1,
    begun_s REAL NOT NULL,
    ended_s REAL,
    PRIMARY KEY (run_id, stage)
) STRICT;
CREATE INDEX pipeline_stages_done ON pipeline_stages (inputs_sha256) WHERE state = 'done';
""",
    ),
    Migration(
        "privacy budgets",
        """
CREATE TABLE privacy_budgets (
    dataset_sha256 TEXT PRIMARY KEY,
    unit TEXT NOT NULL CHECK (unit IN ('example', 'user')),
    epsilon REAL NOT NULL,
    delta REAL NOT NULL,
    set_s REAL NOT NULL
) STRICT, WITHOUT ROWID;
-- Written before the data are read, and never taken back: what was read was read.
CREATE TABLE privacy_spends (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_sha256 TEXT NOT NULL,
    unit TEXT NOT NULL CHECK (unit IN ('example', 'user')),
    mechanism TEXT NOT NULL,
    purpose TEXT NOT NULL,
    run TEXT NOT NULL,
    recorded_s REAL NOT NULL,
    ended_s REAL,
    UNIQUE (dataset_sha256, run)
) STRICT;
CREATE TRIGGER privacy_spends_stay BEFORE DELETE ON privacy_spends
BEGIN SELECT RAISE(ABORT, 'a spend is never taken back'); END;
CREATE TRIGGER privacy_spends_keep_cost BEFORE UPDATE OF
    dataset_sha256, unit, mechanism, run, recorded_s ON privacy_spends
BEGIN SELECT RAISE(ABORT, 'a spend is never taken back'); END;
""",
    ),
    Migration(
        "feedback to learn from",
        """
ALTER TABLE feedback ADD COLUMN corrected_answer TEXT;
-- Whether the answer may be learnt from; who said nothing of it did not agree.
ALTER TABLE feedback ADD COLUMN consent INTEGER NOT NULL DEFAULT 0 CHECK (consent IN (0, 1));
CREATE INDEX feedback_by_time ON feedback (time_s);
-- JSON: what the words alone do not say of the call and its answer (usage_rows.UsageText).
ALTER TABLE usage_text ADD COLUMN form TEXT;
""",
    ),
    Migration(
        "a ledger that grows at its end alone",
        LEDGER_WITHOUT_HASH_INDEX,
    ),
    Migration("samples", SAMPLES),
    Migration("alerts", ALERTS),
    Migration("spaces and sign-in", SPACES_AND_SIGN_IN),
    Migration("live pages", LIVE),
    Migration("whose numbers write on live pages", LIVE_WRITERS),
    Migration(
        "what a spend claims, and what its audit found",
        """
-- JSON, of privacy/dp/claims.py; spends of before, and those that claim nothing, have none.
ALTER TABLE privacy_spends ADD COLUMN claim TEXT;
ALTER TABLE privacy_spends ADD COLUMN verdict TEXT;
CREATE TRIGGER privacy_spends_keep_claim BEFORE UPDATE OF claim ON privacy_spends
BEGIN SELECT RAISE(ABORT, 'a claim stays as it was made'); END;
CREATE TRIGGER privacy_spends_keep_verdict BEFORE UPDATE OF verdict ON privacy_spends
WHEN OLD.verdict IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a verdict is never taken back'); END;
""",
    ),
    Migration("sign-in by OpenID Connect", OPENID_CONNECT),
    Migration("devices and their records", EDGE),
    Migration("lanes of jobs", LANES),
)
