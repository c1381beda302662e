-- Secrets that all nodes share, wrapped by the key of kept audio.
CREATE TABLE vault_secrets (
    name TEXT PRIMARY KEY,
    sealed TEXT NOT NULL
);
