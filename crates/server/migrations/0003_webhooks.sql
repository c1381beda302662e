-- Receivers of news by HTTP; the vault seals their secrets. Times are microseconds since 1970, UTC; words in
-- lists have commas between them.
CREATE TABLE webhooks (
    id TEXT PRIMARY KEY NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    owner TEXT,
    campaign TEXT,
    note TEXT,
    secret TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created BIGINT NOT NULL
);

-- What is, or was, to be sent. A pending row is due at next_at; the node that tries it moves next_at into the future and
-- writes its lease, so that no other tries it meanwhile.
CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY NOT NULL,
    webhook TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    call TEXT NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    lease TEXT,
    created BIGINT NOT NULL,
    finished BIGINT,
    last_status BIGINT,
    last_error TEXT
);
-- What is due.
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at, id) WHERE state = 'pending';
-- Lists, newest first.
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, state, id);
-- What was finished long ago.
CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished) WHERE finished IS NOT NULL;
