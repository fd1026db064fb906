-- What identifies a master key: a constant that is sealed with it. The service refuses a key file that has other bytes
-- under the same id. An older key gets its row at the next start, after it has opened a stored value.
CREATE TABLE key_checks (
    -- As in master_keys.
    key_id TEXT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL,
    CONSTRAINT key_checks_key_exists FOREIGN KEY (key_id) REFERENCES master_keys (id)
);
