-- A key for each case: its form, words and messages are sealed under it, and it is sealed under a master key. Without
-- this row nothing of the case can be read.

CREATE TABLE case_keys (
    application_id UUID NOT NULL PRIMARY KEY,
    -- The case's key, sealed under a master key.
    wrapped_key    BYTEA NOT NULL,
    -- The id of that master key, 8 hexadecimal digits.
    master_key     TEXT NOT NULL,
    -- Deferred: an event may be sealed before the case's row is written.
    CONSTRAINT case_keys_application_exists FOREIGN KEY (application_id) REFERENCES applications (id) DEFERRABLE INITIALLY DEFERRED
);
