-- Who did what: one chain of entries a node, each bound to the one before it. Triggers that refuse changes are made when
-- the log is opened, for each database has its own words for them.
CREATE TABLE audit (
    node TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (node, seq)
);

CREATE INDEX audit_by_time ON audit (at, node, seq);
