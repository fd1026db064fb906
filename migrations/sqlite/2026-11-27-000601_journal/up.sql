-- The changes of programmes, organisations, accounts and API clients: a chain of lines for each of them. Batches have
-- their own table, batch_events.
CREATE TABLE journal (
    kind                  TEXT NOT NULL,
    -- A programme's code, or an id as text.
    subject               TEXT NOT NULL,
    seq                   INTEGER NOT NULL,
    at                    TEXT NOT NULL,
    actor_kind            TEXT NOT NULL,
    actor_id              BLOB,
    actor_organisation_id BLOB,
    -- The organisation that the subject belongs to, or is.
    organisation_id       BLOB,
    action                TEXT NOT NULL,
    -- Old and new values, without names and addresses of people. JSON.
    changes               TEXT NOT NULL,
    -- Old and new names and addresses of people, sealed under a master key.
    words_sealed          BLOB,
    words_digest          BLOB,
    previous_hash         BLOB NOT NULL,
    hash                  BLOB NOT NULL,
    -- The id of the master key that the hash is made with.
    hash_key              TEXT NOT NULL,
    PRIMARY KEY (kind, subject, seq),
    CONSTRAINT journal_kind_known CHECK (kind IN ('programme', 'organisation', 'account', 'client')),
    CONSTRAINT journal_actor_kind_known CHECK (actor_kind IN ('account', 'client', 'system', 'operator', 'anonymous'))
);
CREATE INDEX journal_by_time ON journal (kind, at, subject, seq);
CREATE INDEX journal_by_organisation ON journal (kind, organisation_id, at, subject, seq);
CREATE INDEX journal_by_subject ON journal (kind, subject, at, seq);
CREATE INDEX batch_events_by_time ON batch_events (at, batch_id, seq);

-- Existing rows get their first lines from a job while the service runs.
INSERT INTO jobs (id, kind, created_by_kind, state, done, created_at)
SELECT x'019ac68e800070008000000000000601', 'begin_journal', 'system', 'waiting', 0, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
WHERE EXISTS (SELECT 1 FROM organisations) OR EXISTS (SELECT 1 FROM accounts) OR EXISTS (SELECT 1 FROM programmes);
