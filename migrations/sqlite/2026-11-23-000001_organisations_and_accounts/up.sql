-- Who acts: organisations, the people who sign in, the programs that do.

CREATE TABLE organisations (
    id            BLOB NOT NULL PRIMARY KEY,
    code          TEXT NOT NULL,
    name          TEXT NOT NULL,
    kind          TEXT NOT NULL,
    territory     TEXT,
    created_at    TEXT NOT NULL,
    CONSTRAINT organisations_code_unique UNIQUE (code),
    CONSTRAINT organisations_kind_known CHECK (kind IN ('authority', 'sponsor', 'verifier'))
);

CREATE TABLE accounts (
    id              BLOB NOT NULL PRIMARY KEY,
    email           TEXT NOT NULL,
    -- The address in lower case: what makes two addresses the same person.
    email_key       TEXT NOT NULL,
    name            TEXT NOT NULL,
    -- A PHC string (Argon2id); none until the first one-time link is used.
    password_hash   TEXT,
    -- Role codes, sorted, separated by one space.
    roles           TEXT NOT NULL,
    organisation_id BLOB,
    language        TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    confirmed_at    TEXT,
    disabled_at     TEXT,
    CONSTRAINT accounts_email_key_unique UNIQUE (email_key),
    CONSTRAINT accounts_organisation_exists FOREIGN KEY (organisation_id) REFERENCES organisations (id)
);
CREATE INDEX accounts_by_organisation ON accounts (organisation_id, email_key);

CREATE TABLE sessions (
    -- SHA-256 of the cookie's token: a copy of the table opens no session.
    token_hash   BLOB NOT NULL PRIMARY KEY,
    account_id   BLOB NOT NULL,
    created_at   TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    expires_at   TEXT NOT NULL,
    CONSTRAINT sessions_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE one_time_links (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    purpose    TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at    TEXT,
    CONSTRAINT one_time_links_account_exists FOREIGN KEY (account_id) REFERENCES accounts (id) ON DELETE CASCADE,
    CONSTRAINT one_time_links_purpose_known CHECK (purpose IN ('confirm_address', 'reset_password'))
);
CREATE INDEX one_time_links_by_account ON one_time_links (account_id, purpose);
CREATE INDEX one_time_links_by_expiry ON one_time_links (expires_at);

CREATE TABLE api_clients (
    id              BLOB NOT NULL PRIMARY KEY,
    client_id       TEXT NOT NULL,
    -- SHA-256 of a 256-bit random secret; nothing to guess, so no slow hash.
    secret_hash     BLOB NOT NULL,
    name            TEXT NOT NULL,
    organisation_id BLOB NOT NULL,
    -- Scope codes, sorted, separated by one space.
    scopes          TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    disabled_at     TEXT,
    CONSTRAINT api_clients_client_id_unique UNIQUE (client_id),
    CONSTRAINT api_clients_organisation_exists FOREIGN KEY (organisation_id) REFERENCES organisations (id)
);
