-- One row a finished call. Times are microseconds since 1970, UTC; yes and no are 1 and 0; JSON is text: what SQLite and
-- PostgreSQL both have.
CREATE TABLE calls (
    id TEXT PRIMARY KEY NOT NULL,
    call_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    source TEXT NOT NULL,
    campaign TEXT,
    caller TEXT,
    destination TEXT,
    started BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    answered_by TEXT NOT NULL,
    is_voicemail BIGINT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    method TEXT NOT NULL,
    stage TEXT NOT NULL,
    why TEXT NOT NULL,
    decided_ms BIGINT NOT NULL,
    ready_ms BIGINT,
    audio_ms BIGINT NOT NULL,
    lost_ms BIGINT NOT NULL,
    processing_ms DOUBLE PRECISION NOT NULL,
    model_version TEXT NOT NULL,
    audio_key TEXT,
    truth_answered_by TEXT,
    truth_by TEXT,
    truth_note TEXT,
    truth_at BIGINT
);

-- Lists, newest first: of all, of one owner, of one campaign, of one kind, of one name.
CREATE INDEX calls_by_start ON calls (started, id);
CREATE INDEX calls_by_owner ON calls (owner, started, id);
CREATE INDEX calls_by_campaign ON calls (campaign, started, id) WHERE campaign IS NOT NULL;
CREATE INDEX calls_by_kind ON calls (answered_by, started, id);
CREATE INDEX calls_by_name ON calls (call_id, started, id);
-- What is to be listened to, least sure first.
CREATE INDEX calls_to_review ON calls (confidence, id) WHERE audio_key IS NOT NULL AND truth_at IS NULL;
-- What was listened to.
CREATE INDEX calls_reviewed ON calls (started, id) WHERE truth_at IS NOT NULL;
-- Audio that may be too old.
CREATE INDEX calls_with_audio ON calls (started, id) WHERE audio_key IS NOT NULL;

-- What is read of one call only: probabilities, cause, events, picture, warnings, as one JSON object.
CREATE TABLE call_details (
    id TEXT PRIMARY KEY NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    details TEXT NOT NULL
);

-- Everything that was ever said of who really answered. The newest is the truth and stands in calls too.
CREATE TABLE call_feedback (
    id TEXT PRIMARY KEY NOT NULL,
    call TEXT NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    answered_by TEXT NOT NULL,
    judged_by TEXT NOT NULL,
    who TEXT NOT NULL,
    note TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX call_feedback_by_call ON call_feedback (call, at, id);
