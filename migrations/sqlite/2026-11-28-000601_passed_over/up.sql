-- The waiting cases whose journey does not fit the travel window of their batch, at this version of its terms. They keep
-- their place in the line, and are not looked at again before the terms change.
CREATE TABLE passed_over (
    application_id BLOB NOT NULL PRIMARY KEY,
    terms_version  INTEGER NOT NULL,
    CONSTRAINT passed_over_application_exists FOREIGN KEY (application_id) REFERENCES applications (id)
) WITHOUT ROWID;
