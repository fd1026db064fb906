-- Answers to requests that carried an idempotency key, so that a repeat gets the same answer and changes nothing.

CREATE TABLE idempotency_keys (
    id            UUID NOT NULL PRIMARY KEY,
    client_id     UUID NOT NULL,
    -- SHA-256 of the key that the client chose.
    key_hash      BYTEA NOT NULL,
    -- SHA-256 of the request: the same key with another request is refused.
    fingerprint   BYTEA NOT NULL,
    answer_sealed BYTEA NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    CONSTRAINT idempotency_keys_once_per_client UNIQUE (client_id, key_hash),
    CONSTRAINT idempotency_keys_client_exists FOREIGN KEY (client_id) REFERENCES api_clients (id)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
