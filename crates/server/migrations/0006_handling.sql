-- What a call's switch was told to do with it, and how it ended there, as one JSON object.
CREATE TABLE call_handling (
    id TEXT PRIMARY KEY NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    handling TEXT NOT NULL
);
