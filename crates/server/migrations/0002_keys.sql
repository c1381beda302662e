-- API keys: of the key itself only its SHA-256 is kept. Times are microseconds since 1970. `owner` is the identity, the
-- same for a key and those that follow it by rotation.
CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    prefix TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    last_used BIGINT,
    revoked BIGINT,
    successor TEXT
);

-- Sessions of the dashboard: of the cookie only its SHA-256 is kept. A session ends with the key that began it.
CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    identity TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    key_prefix TEXT,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE INDEX sessions_expires ON sessions (expires);
