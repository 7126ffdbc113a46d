"""The tables of devices: who is enrolled, and the records that they sent, each once."""

from __future__ import annotations

EDGE = """
CREATE TABLE edge_devices (
    device TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    secret BLOB NOT NULL,  -- both sides have it: letters and receipts are authenticated with it
    enrolled_s REAL NOT NULL,
    revoked_s REAL
) STRICT, WITHOUT ROWID;
-- What they mean is nobody's business here. The device drew the id when it wrote the record down:
-- that is what makes one that is sent twice the same one.
CREATE TABLE edge_records (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL REFERENCES edge_devices (device),
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    body BLOB NOT NULL,
    put_s REAL NOT NULL,
    taken_s REAL NOT NULL,
    UNIQUE (device, id)
) STRICT;
CREATE INDEX edge_records_by_kind ON edge_records (kind, device, number);
CREATE TRIGGER edge_records_stay BEFORE UPDATE ON edge_records
BEGIN SELECT RAISE(ABORT, 'a record stays as it was sent'); END;
"""
