-- Failed sign-ins, so that nobody can try passwords without end, whichever instance is asked.

CREATE TABLE sign_in_failures (
    -- Keyed hash of the address that was tried, whether it has an account or not.
    address_hash BLOB NOT NULL PRIMARY KEY,
    failures     INTEGER NOT NULL,
    since        TEXT NOT NULL
);
CREATE INDEX sign_in_failures_by_age ON sign_in_failures (since);
