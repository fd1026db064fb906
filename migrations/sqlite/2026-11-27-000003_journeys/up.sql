-- When the scheduler looks at the journey of an undecided case again. It does not stay after the last look.
CREATE TABLE journey_checks (
    application_id BLOB NOT NULL PRIMARY KEY,
    check_at       TEXT NOT NULL,
    CONSTRAINT journey_checks_application_exists FOREIGN KEY (application_id) REFERENCES applications (id)
);
CREATE INDEX journey_checks_by_time ON journey_checks (check_at, application_id);

-- The days are in the sealed forms: a job looks at the undecided cases once.
INSERT INTO jobs (id, kind, created_by_kind, state, done, created_at)
SELECT x'019ac68e800070008000000000000001', 'watch_journeys', 'system', 'waiting', 0, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
WHERE EXISTS (SELECT 1 FROM applications WHERE state IN ('in_review', 'information_requested', 'waitlisted'));

-- Reviews end with their batch now: those of batches that ended before, too.
INSERT INTO jobs (id, kind, subject_id, created_by_kind, state, done, created_at)
SELECT randomblob(16), 'end_batch', b.id, 'system', 'waiting', 0, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') FROM batches b
WHERE b.state = 'ended' AND EXISTS
    (SELECT 1 FROM applications a WHERE a.batch_id = b.id AND a.state IN ('in_review', 'information_requested', 'waitlisted'));

-- A case that waits for a place is not decided.
UPDATE applications SET decided_at = NULL WHERE state IN ('in_review', 'information_requested', 'waitlisted');
