-- A decision writes an entry of each index that names a column it changes, or whose condition it meets. These indexes
-- have only the entries that a listing reads.

-- A decision changes the state of a case, never its batch.
DROP INDEX applications_by_batch;
CREATE INDEX applications_by_batch ON applications (batch_id, id);

-- Most cases are entered by the sponsor: they have no applicant's account, and are found by their sponsor.
DROP INDEX applications_by_applicant;
CREATE INDEX applications_by_applicant ON applications (applicant_id, updated_at, id) WHERE applicant_id IS NOT NULL;
DROP INDEX applications_by_sponsor;
CREATE INDEX applications_by_sponsor ON applications (sponsor_id, updated_at, id) WHERE sponsor_id IS NOT NULL;
DROP INDEX applications_by_creator_organisation;
CREATE INDEX applications_by_creator_organisation ON applications (creator_organisation_id, updated_at, id)
    WHERE creator_organisation_id IS DISTINCT FROM sponsor_id;

-- The rows of these tables are stored in the primary key, instead of in a table and an index.
CREATE TABLE new_quota_entries (
    application_id BLOB NOT NULL,
    event_seq      INTEGER NOT NULL,
    batch_id       BLOB NOT NULL,
    at             TEXT NOT NULL,
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
) WITHOUT ROWID;
INSERT INTO new_quota_entries SELECT application_id, event_seq, batch_id, at, movement, held_delta, taken_delta, direction,
    category, sponsor FROM quota_entries ORDER BY application_id, event_seq;
DROP TABLE quota_entries;
ALTER TABLE new_quota_entries RENAME TO quota_entries;
CREATE INDEX quota_entries_by_batch ON quota_entries (batch_id, at, application_id, event_seq);
CREATE TABLE new_journey_checks (
    application_id BLOB NOT NULL PRIMARY KEY,
    check_at       TEXT NOT NULL,
    CONSTRAINT journey_checks_application_exists FOREIGN KEY (application_id) REFERENCES applications (id)
) WITHOUT ROWID;
INSERT INTO new_journey_checks SELECT application_id, check_at FROM journey_checks ORDER BY application_id;
DROP TABLE journey_checks;
ALTER TABLE new_journey_checks RENAME TO journey_checks;
CREATE INDEX journey_checks_by_time ON journey_checks (check_at, application_id);
