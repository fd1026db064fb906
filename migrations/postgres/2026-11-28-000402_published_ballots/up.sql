-- The published draw of a batch, as everybody gets it: compressed JSON. It never changes.
CREATE TABLE published_ballots (
    batch_id UUID NOT NULL PRIMARY KEY,
    bytes    BIGINT NOT NULL,
    sha256   BYTEA NOT NULL,
    gzip     BYTEA NOT NULL,
    CONSTRAINT published_ballots_batch_exists FOREIGN KEY (batch_id) REFERENCES batches (id)
);
