"""The tables of lanes: jobs that a scheduler of their own begins, and what it decided of each."""

from __future__ import annotations

LANES = """
-- Whose scheduler begins the job; ordinary workers take those of none.
ALTER TABLE jobs ADD COLUMN lane TEXT;
-- JSON: what that scheduler is to know of it.
ALTER TABLE jobs ADD COLUMN demand TEXT;
-- Why a running job was asked to go back into the queue.
ALTER TABLE jobs ADD COLUMN give_way TEXT;
CREATE INDEX jobs_of_lanes ON jobs (lane, id) WHERE state IN ('queued', 'running');
CREATE TABLE job_decisions (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    time_s REAL NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX job_decisions_of ON job_decisions (job_id, id);
"""
