-- Authorizations and batches have lifecycles and histories of their own.

-- The end of the chain of events. What is older than its history gets a first event that states what was found; until
-- then its hash is empty.
ALTER TABLE authorizations ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE authorizations ADD COLUMN event_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE authorizations ADD COLUMN event_hash BLOB NOT NULL DEFAULT X'';
ALTER TABLE batches ADD COLUMN event_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN event_hash BLOB NOT NULL DEFAULT X'';

ALTER TABLE authorizations DROP CONSTRAINT authorizations_state_known;
ALTER TABLE authorizations ADD CONSTRAINT authorizations_state_known
    CHECK (state IN ('valid', 'suspended', 'expired', 'used', 'revoked', 'annulled', 'surrendered'));
-- What its holder had returned counted as revoked.
UPDATE authorizations SET state = 'surrendered'
    WHERE state = 'revoked' AND application_id IN (SELECT id FROM applications WHERE state = 'withdrawn');

CREATE TABLE authorization_events (
    authorization_number  TEXT NOT NULL,
    seq                   INTEGER NOT NULL,
    at                    TEXT NOT NULL,
    actor_kind            TEXT NOT NULL,
    actor_id              BLOB,
    actor_organisation_id BLOB,
    action                TEXT NOT NULL,
    from_state            TEXT,
    to_state              TEXT NOT NULL,
    -- Codes and days, without the person. JSON.
    facts                 TEXT NOT NULL,
    -- Of the first event: the hash of the case's event that issued the authorization.
    previous_hash         BLOB NOT NULL,
    hash                  BLOB NOT NULL,
    PRIMARY KEY (authorization_number, seq),
    CONSTRAINT authorization_events_authorization_exists FOREIGN KEY (authorization_number) REFERENCES authorizations (number),
    CONSTRAINT authorization_events_actor_kind_known CHECK (actor_kind IN ('account', 'client', 'system', 'operator'))
);

CREATE TABLE batch_events (
    batch_id              BLOB NOT NULL,
    seq                   INTEGER NOT NULL,
    at                    TEXT NOT NULL,
    actor_kind            TEXT NOT NULL,
    actor_id              BLOB,
    actor_organisation_id BLOB,
    action                TEXT NOT NULL,
    from_state            TEXT,
    to_state              TEXT NOT NULL,
    -- Terms and what a ballot publishes. JSON.
    facts                 TEXT NOT NULL,
    previous_hash         BLOB NOT NULL,
    hash                  BLOB NOT NULL,
    PRIMARY KEY (batch_id, seq),
    CONSTRAINT batch_events_batch_exists FOREIGN KEY (batch_id) REFERENCES batches (id),
    CONSTRAINT batch_events_actor_kind_known CHECK (actor_kind IN ('account', 'client', 'system', 'operator'))
);

-- What is there gets its first events beside the running service.
INSERT INTO key_jobs (name) SELECT 'begin_histories' WHERE EXISTS (SELECT 1 FROM batches);
