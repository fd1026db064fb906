-- Who has seen what of a case that is not theirs: full document numbers and documents. These records are no events:
-- they do not move the case and are not chained.

CREATE TABLE access_records (
    application_id        UUID NOT NULL,
    -- The newest event of the case at that time: in the history the record follows it.
    after_seq             INTEGER NOT NULL,
    -- Counts the records that follow the same event.
    number                INTEGER NOT NULL,
    at                    TIMESTAMPTZ NOT NULL,
    actor_kind            TEXT NOT NULL,
    actor_id              UUID NOT NULL,
    actor_organisation_id UUID,
    what                  TEXT NOT NULL,
    -- The document; the case itself for the number of the travel document.
    subject_id            UUID NOT NULL,
    PRIMARY KEY (application_id, after_seq, number),
    CONSTRAINT access_records_event_exists FOREIGN KEY (application_id, after_seq) REFERENCES events (application_id, seq),
    CONSTRAINT access_records_actor_kind_known CHECK (actor_kind IN ('account', 'client'))
);
