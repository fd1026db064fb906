-- The published draw of a batch, as everybody gets it: compressed JSON. It never changes.
CREATE TABLE published_ballots (
    batch_id BLOB NOT NULL PRIMARY KEY,
    bytes    BIGINT NOT NULL,
    sha256   BLOB NOT NULL,
    gzip     BLOB NOT NULL,
    CONSTRAINT published_ballots_batch_exists FOREIGN KEY (batch_id) REFERENCES batches (id)
);
