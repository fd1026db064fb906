-- The cases, what came with them, and what happened to them.

CREATE TABLE applications (
    id                      UUID NOT NULL PRIMARY KEY,
    reference               TEXT NOT NULL,
    programme_code          TEXT NOT NULL,
    programme_version       INTEGER NOT NULL,
    batch_id                UUID NOT NULL,
    direction               TEXT NOT NULL,
    category                TEXT NOT NULL,
    state                   TEXT NOT NULL,
    -- The stage under review, or where a case waits that was asked for information.
    stage                   TEXT,
    assignee_id             UUID,
    -- The traveller's own account, if the traveller has one.
    applicant_id            UUID,
    sponsor_id              UUID,
    -- Who entered the case (an account or an API client), and for which organisation.
    creator_id              UUID NOT NULL,
    creator_organisation_id UUID,
    language                TEXT NOT NULL,
    family_name             TEXT NOT NULL,
    given_names             TEXT NOT NULL,
    -- Both names in lower case, compared byte by byte: what a name is searched by.
    name_key                TEXT COLLATE "C" NOT NULL,
    -- The whole form, encrypted: what is not needed to find a case is readable only with the key.
    form_sealed             BYTEA NOT NULL,
    -- Keyed hash of the travel document: of the form as it stands, and, while the case is live, the one that must be unique.
    document_hash           BYTEA,
    live_document_hash      BYTEA,
    -- The place in the batch that this case occupies.
    place                   TEXT NOT NULL,
    rank                    INTEGER NOT NULL,
    version                 INTEGER NOT NULL,
    -- The end of the case's chain of events.
    event_seq               INTEGER NOT NULL,
    event_hash              BYTEA NOT NULL,
    created_at              TIMESTAMPTZ NOT NULL,
    updated_at              TIMESTAMPTZ NOT NULL,
    submitted_at            TIMESTAMPTZ,
    -- When the state wants something: the stage's due date, the answer's deadline, the end of the authorization.
    due_at                  TIMESTAMPTZ,
    decided_at              TIMESTAMPTZ,
    CONSTRAINT applications_reference_unique UNIQUE (reference),
    CONSTRAINT applications_one_live_case_per_document UNIQUE (programme_code, live_document_hash),
    CONSTRAINT applications_programme_exists FOREIGN KEY (programme_code, programme_version) REFERENCES programmes (code, version),
    CONSTRAINT applications_batch_exists FOREIGN KEY (batch_id) REFERENCES batches (id),
    CONSTRAINT applications_assignee_exists FOREIGN KEY (assignee_id) REFERENCES accounts (id),
    CONSTRAINT applications_applicant_exists FOREIGN KEY (applicant_id) REFERENCES accounts (id),
    CONSTRAINT applications_sponsor_exists FOREIGN KEY (sponsor_id) REFERENCES organisations (id),
    CONSTRAINT applications_place_known CHECK (place IN ('none', 'held', 'taken')),
    CONSTRAINT applications_state_known CHECK (state IN ('draft', 'in_review', 'information_requested', 'waitlisted', 'approved',
        'refused', 'withdrawn', 'lapsed', 'revoked', 'expired', 'completed'))
);
CREATE INDEX applications_by_applicant ON applications (applicant_id, updated_at, id);
CREATE INDEX applications_by_sponsor ON applications (sponsor_id, updated_at, id);
CREATE INDEX applications_by_creator_organisation ON applications (creator_organisation_id, updated_at, id);
CREATE INDEX applications_by_stage ON applications (stage, direction, state, due_at, id);
CREATE INDEX applications_by_assignee ON applications (assignee_id, state, due_at, id);
CREATE INDEX applications_by_due ON applications (state, due_at, id);
CREATE INDEX applications_in_line ON applications (batch_id, state, rank, submitted_at, id);
CREATE INDEX applications_by_document ON applications (document_hash);
CREATE INDEX applications_by_name ON applications (name_key, id);

CREATE TABLE evidence (
    id             UUID NOT NULL PRIMARY KEY,
    application_id UUID NOT NULL,
    kind           TEXT NOT NULL,
    file_name      TEXT NOT NULL,
    media_type     TEXT NOT NULL,
    bytes          INTEGER NOT NULL,
    sha256         BYTEA NOT NULL,
    -- The random name under which the file lies in the data folder.
    storage_name   TEXT NOT NULL,
    uploaded_by    UUID NOT NULL,
    uploaded_at    TIMESTAMPTZ NOT NULL,
    removed_at     TIMESTAMPTZ,
    CONSTRAINT evidence_application_exists FOREIGN KEY (application_id) REFERENCES applications (id)
);
CREATE INDEX evidence_by_application ON evidence (application_id, uploaded_at, id);

CREATE TABLE findings (
    id             UUID NOT NULL PRIMARY KEY,
    application_id UUID NOT NULL,
    code           TEXT NOT NULL,
    -- What the finding is about: a declaration, a kind of evidence.
    subject        TEXT,
    severity       TEXT NOT NULL,
    -- The stage that must deal with it; none means every stage.
    stage          TEXT,
    raised_at      TIMESTAMPTZ NOT NULL,
    resolved_at    TIMESTAMPTZ,
    resolved_by    UUID,
    CONSTRAINT findings_application_exists FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT findings_severity_known CHECK (severity IN ('info', 'warning', 'blocking'))
);
CREATE INDEX findings_by_application ON findings (application_id, raised_at, id);

CREATE TABLE authorizations (
    number         TEXT NOT NULL PRIMARY KEY,
    application_id UUID NOT NULL,
    state          TEXT NOT NULL,
    valid_from     DATE NOT NULL,
    valid_until    DATE NOT NULL,
    issued_at      TIMESTAMPTZ NOT NULL,
    ended_at       TIMESTAMPTZ,
    entered_on     DATE,
    exited_on      DATE,
    CONSTRAINT authorizations_application_exists FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT authorizations_state_known CHECK (state IN ('valid', 'suspended', 'revoked', 'expired', 'used'))
);
CREATE INDEX authorizations_by_application ON authorizations (application_id, issued_at);

CREATE TABLE events (
    application_id        UUID NOT NULL,
    seq                   INTEGER NOT NULL,
    at                    TIMESTAMPTZ NOT NULL,
    actor_kind            TEXT NOT NULL,
    actor_id              UUID,
    actor_organisation_id UUID,
    action                TEXT NOT NULL,
    from_state            TEXT,
    to_state              TEXT NOT NULL,
    from_stage            TEXT,
    to_stage              TEXT,
    -- What happened, without the person: codes, deadlines, names of fields. JSON.
    facts                 TEXT NOT NULL,
    -- What was said and what was changed: encrypted, erased when its time is over; the digest stays in the chain.
    words_sealed          BYTEA,
    words_digest          BYTEA,
    previous_hash         BYTEA NOT NULL,
    hash                  BYTEA NOT NULL,
    PRIMARY KEY (application_id, seq),
    CONSTRAINT events_application_exists FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT events_actor_kind_known CHECK (actor_kind IN ('account', 'client', 'system', 'operator'))
);

CREATE TABLE quota_entries (
    application_id UUID NOT NULL,
    event_seq      INTEGER NOT NULL,
    batch_id       UUID NOT NULL,
    at             TIMESTAMPTZ NOT NULL,
    movement       TEXT NOT NULL,
    held_delta     INTEGER NOT NULL,
    taken_delta    INTEGER NOT NULL,
    direction      TEXT NOT NULL,
    category       TEXT NOT NULL,
    sponsor        TEXT,
    PRIMARY KEY (application_id, event_seq),
    CONSTRAINT quota_entries_event_exists FOREIGN KEY (application_id, event_seq) REFERENCES events (application_id, seq),
    CONSTRAINT quota_entries_batch_exists FOREIGN KEY (batch_id) REFERENCES batches (id),
    CONSTRAINT quota_entries_movement_known CHECK (movement IN ('hold', 'take', 'take_held', 'release_held', 'release_taken'))
);
CREATE INDEX quota_entries_by_batch ON quota_entries (batch_id, at, application_id, event_seq);
