-- Work on all cases that is done in slices beside the service. A job that is done has no row.
CREATE TABLE key_jobs (
    name       TEXT NOT NULL PRIMARY KEY,
    -- The last case that was done.
    after_case UUID
);

-- What is sealed under a master key is sealed again under the key of its case.
INSERT INTO key_jobs (name) SELECT 'reseal' WHERE EXISTS (SELECT 1 FROM applications);
