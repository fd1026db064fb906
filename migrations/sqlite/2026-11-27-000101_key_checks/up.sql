-- What tells a master key from any other: a constant that is sealed with it. The service refuses a key file that has
-- other bytes under the same id. A key of before gets its row at the next start, after a stored value has opened with it.
CREATE TABLE key_checks (
    -- As in master_keys.
    key_id TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    CONSTRAINT key_checks_key_exists FOREIGN KEY (key_id) REFERENCES master_keys (id)
);
