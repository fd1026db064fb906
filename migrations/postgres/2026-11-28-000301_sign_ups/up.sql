-- A sign-up whose address is not confirmed yet. It becomes an account when its mailed link is used, so that nobody can
-- occupy an address that is not theirs.
CREATE TABLE sign_ups (
    -- SHA-256 of the token in the link.
    token_hash BYTEA NOT NULL PRIMARY KEY,
    email      TEXT NOT NULL,
    -- The address as addresses are compared: in lower case, the host in A-labels.
    email_key  TEXT NOT NULL,
    name       TEXT NOT NULL,
    language   TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sign_ups_by_email ON sign_ups (email_key);
CREATE INDEX sign_ups_by_expiry ON sign_ups (expires_at);
