-- Which master key is current, and which were before it. The keys themselves stand in the key file.

CREATE TABLE master_keys (
    -- From 1; the highest is current.
    version      INTEGER NOT NULL PRIMARY KEY,
    -- The id of its line in the key file, 8 hexadecimal digits.
    id           TEXT NOT NULL,
    activated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT master_keys_id_unique UNIQUE (id)
);
