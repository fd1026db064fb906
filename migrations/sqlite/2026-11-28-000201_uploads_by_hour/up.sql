-- The bytes that a person or program has uploaded in an hour. The limit of a day is compared with a few of these rows and
-- not with all documents of the day.
CREATE TABLE uploads_by_hour (
    uploaded_by BLOB NOT NULL,
    hour        TEXT NOT NULL,
    bytes       BIGINT NOT NULL,
    PRIMARY KEY (uploaded_by, hour)
);
DROP INDEX evidence_by_uploader;
