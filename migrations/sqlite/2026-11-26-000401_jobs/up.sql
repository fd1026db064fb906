-- Long work, done in slices: one row is the whole truth about a job.
CREATE TABLE jobs (
    id              BLOB NOT NULL PRIMARY KEY,
    -- No CHECK: a version that knows fewer kinds says so, and leaves the row.
    kind            TEXT NOT NULL,
    -- What it is about, such as a batch.
    subject_id      BLOB,
    -- Who caused it: account, client, operator or system.
    created_by_kind TEXT NOT NULL,
    created_by      BLOB,
    organisation_id BLOB,
    state           TEXT NOT NULL,
    done            INTEGER NOT NULL,
    total           INTEGER,
    -- Where the next slice begins, in the words of the kind.
    cursor          TEXT,
    -- For the operator, without personal data.
    last_error      TEXT,
    created_at      TEXT NOT NULL,
    started_at      TEXT,
    finished_at     TEXT,
    CONSTRAINT jobs_state_known CHECK (state IN ('waiting', 'running', 'finished', 'failed')),
    CONSTRAINT jobs_organisation_exists FOREIGN KEY (organisation_id) REFERENCES organisations (id)
);
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_by_subject ON jobs (subject_id, kind);
CREATE INDEX jobs_by_creator ON jobs (created_by, id);
CREATE INDEX jobs_by_organisation ON jobs (organisation_id, id);

-- What an earlier upgrade has left goes on where it stopped.
INSERT INTO jobs (id, kind, created_by_kind, state, done, total, cursor, created_at, started_at)
SELECT CASE name WHEN 'reseal' THEN x'019ac16a240070008000000000000001' ELSE x'019ac16a240070008000000000000002' END, name, 'system', 'running',
       CASE name WHEN 'reseal' THEN (SELECT count(*) FROM applications WHERE id <= after_case) ELSE 0 END,
       CASE name WHEN 'reseal' THEN (SELECT count(*) FROM applications) END,
       CASE WHEN after_case IS NOT NULL THEN
       lower(substr(hex(after_case), 1, 8) || '-' || substr(hex(after_case), 9, 4) || '-'
             || substr(hex(after_case), 13, 4) || '-' || substr(hex(after_case), 17, 4) || '-'
             || substr(hex(after_case), 21)) END,
       strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'), strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
FROM key_jobs;
DROP TABLE key_jobs;

-- What the clock has done of each of its duties. A row is written when there was something to do.
CREATE TABLE duties (
    name    TEXT NOT NULL PRIMARY KEY,
    last_at TEXT NOT NULL,
    done    INTEGER NOT NULL
);
