-- The key of an uploaded file, sealed under the key of its case. NULL: the file is not sealed, as in earlier versions.
ALTER TABLE evidence ADD COLUMN file_key_sealed BYTEA;
-- The files that are not sealed yet: a job seals them.
CREATE INDEX evidence_plain ON evidence (storage_name, id) WHERE file_key_sealed IS NULL AND sha256 <> ''::bytea;
-- For the uploads of one person or program within a day.
CREATE INDEX evidence_by_uploader ON evidence (uploaded_by, uploaded_at);

-- Files of uploads are among them, until they are added to a case. NULL: the file is removed now.
ALTER TABLE files_to_remove ADD COLUMN keep_until TIMESTAMPTZ;

-- The ids that identify the folder of the uploaded files.
CREATE TABLE files_identity (
    id              INTEGER NOT NULL PRIMARY KEY,
    installation_id UUID NOT NULL,
    folder_id       UUID,
    CONSTRAINT files_identity_once CHECK (id = 1)
);

INSERT INTO jobs (id, kind, created_by_kind, state, done, total, created_at)
SELECT '019ac9ac-0000-7000-8000-000000000301', 'seal_files', 'system', 'waiting', 0,
    (SELECT count(DISTINCT storage_name) FROM evidence WHERE sha256 <> ''::bytea), now()
WHERE EXISTS (SELECT 1 FROM evidence WHERE sha256 <> ''::bytea);
