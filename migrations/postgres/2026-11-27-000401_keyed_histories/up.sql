-- The hashes of new lines are made with a key. Older lines have no key: their hash is a plain SHA-256.
ALTER TABLE events ADD COLUMN hash_key TEXT;
ALTER TABLE authorization_events ADD COLUMN hash_key TEXT;
ALTER TABLE batch_events ADD COLUMN hash_key TEXT;

-- The digest of the case after the event: the sealed form, the documents, the place, the authorization.
ALTER TABLE events ADD COLUMN digest BYTEA;

-- Each older history is closed with one line that has a key. A job writes these lines while the service runs.
INSERT INTO jobs (id, kind, created_by_kind, state, done, created_at)
SELECT '019ac68e-8000-7000-8000-000000000004', 'close_histories', 'system', 'waiting', 0, now()
WHERE EXISTS (SELECT 1 FROM batches);
