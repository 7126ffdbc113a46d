"""The tables of identity: users and keys as they began; roles by space, passwords and sessions."""

from __future__ import annotations

IDENTITY = """
CREATE TABLE users (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    created_s REAL NOT NULL,
    disabled_s REAL
) STRICT, WITHOUT ROWID;
CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES users (name),
    role TEXT NOT NULL,
    scopes TEXT NOT NULL,
    models TEXT,  -- null: every model
    limits TEXT NOT NULL,
    prefix TEXT NOT NULL,
    sha256 BLOB NOT NULL UNIQUE,  -- the key itself is nowhere
    created_s REAL NOT NULL,
    expires_s REAL,
    last_used_s REAL,
    revoked_s REAL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX keys_in_force ON keys (name) WHERE revoked_s IS NULL;
-- Whoever keeps what he read of the two tables looks at this number, whoever wrote to them.
CREATE TABLE identity_changes (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL)
STRICT;
INSERT INTO identity_changes VALUES (1, 0);
CREATE TRIGGER keys_added AFTER INSERT ON keys
BEGIN UPDATE identity_changes SET number = number + 1; END;
CREATE TRIGGER keys_removed AFTER DELETE ON keys
BEGIN UPDATE identity_changes SET number = number + 1; END;
CREATE TRIGGER keys_changed AFTER UPDATE OF
    id, name, user, role, scopes, models, limits, sha256, expires_s, revoked_s ON keys
BEGIN UPDATE identity_changes SET number = number + 1; END;
CREATE TRIGGER users_changed AFTER UPDATE ON users
BEGIN UPDATE identity_changes SET number = number + 1; END;
"""

SPACES_AND_SIGN_IN = """
-- A name is never given twice: what was written under it keeps its author.
ALTER TABLE users ADD COLUMN removed_s REAL;
CREATE TABLE grants (
    user TEXT NOT NULL REFERENCES users (name),
    space TEXT NOT NULL,  -- a path: / is everything, /a is around /a/b and not around /ab
    role TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_s REAL NOT NULL,
    PRIMARY KEY (user, space)
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_space ON grants (space);
CREATE TABLE passwords (
    user TEXT PRIMARY KEY REFERENCES users (name),
    hash TEXT NOT NULL,  -- argon2id's own form: its parameters and the salt stand in it
    set_s REAL NOT NULL
) STRICT, WITHOUT ROWID;
-- Who failed to sign in, by hashes of what was typed: people type passwords where names belong.
CREATE TABLE sign_in_failures (
    kind TEXT NOT NULL CHECK (kind IN ('user', 'source', 'user and source')),
    subject BLOB NOT NULL,
    failures INTEGER NOT NULL,
    last_s REAL NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_failures_by_time ON sign_in_failures (last_s);
-- Browsers from which a user has signed in: others' failures do not make him wait there.
CREATE TABLE sign_in_devices (
    sha256 BLOB PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (name),
    last_s REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_devices_by_user ON sign_in_devices (user);
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'token')),
    name TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES users (name),
    scopes TEXT,  -- JSON; null: all that the user may
    prefix TEXT NOT NULL,
    sha256 BLOB NOT NULL UNIQUE,  -- what is shown to sign in with is nowhere
    source TEXT NOT NULL,
    created_s REAL NOT NULL,
    expires_s REAL NOT NULL,
    idle_s REAL,  -- null: it may lie unused until it expires
    last_used_s REAL NOT NULL,
    ended_s REAL,
    ended_because TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user, created_s);
-- Whoever keeps a door open for longer than a request looks at this number too.
CREATE TRIGGER grants_added AFTER INSERT ON grants
BEGIN UPDATE identity_changes SET number = number + 1; END;
CREATE TRIGGER grants_changed AFTER UPDATE ON grants
BEGIN UPDATE identity_changes SET number = number + 1; END;
CREATE TRIGGER grants_removed AFTER DELETE ON grants
BEGIN UPDATE identity_changes SET number = number + 1; END;
CREATE TRIGGER sessions_ended AFTER UPDATE OF ended_s, scopes, expires_s ON sessions
BEGIN UPDATE identity_changes SET number = number + 1; END;
"""

OPENID_CONNECT = """
CREATE TABLE oidc_providers (
    name TEXT PRIMARY KEY,
    issuer TEXT NOT NULL UNIQUE,
    settings TEXT NOT NULL,  -- JSON; the client's secret is nowhere in the store
    set_s REAL NOT NULL
) STRICT, WITHOUT ROWID;
-- Who somebody is at an issuer. The rows of a removed user stay: he is refused, not made anew.
CREATE TABLE oidc_links (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES users (name),
    linked_by TEXT NOT NULL,
    linked_s REAL NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX oidc_links_by_user ON oidc_links (user);
-- Ways to a provider and back that were begun. Of what the browser carries only hashes are here.
CREATE TABLE oidc_flows (
    state BLOB PRIMARY KEY,
    browser BLOB NOT NULL,
    provider TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    next TEXT NOT NULL,
    source TEXT NOT NULL,
    link_session TEXT,  -- who signed in before, to link himself
    begun_s REAL NOT NULL,
    used_s REAL
) STRICT, WITHOUT ROWID;
CREATE INDEX oidc_flows_by_source ON oidc_flows (source, begun_s);
CREATE INDEX oidc_flows_by_time ON oidc_flows (begun_s);
CREATE TABLE oidc_sessions (
    session TEXT PRIMARY KEY REFERENCES sessions (id),
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    sid TEXT  -- what the provider calls its own session, if it says
) STRICT, WITHOUT ROWID;
CREATE INDEX oidc_sessions_by_link ON oidc_sessions (issuer, subject);
"""
