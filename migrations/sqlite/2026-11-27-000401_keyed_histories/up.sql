-- The hashes of new lines are made with a key. Lines from before have none; theirs is a plain SHA-256.
ALTER TABLE events ADD COLUMN hash_key TEXT;
ALTER TABLE authorization_events ADD COLUMN hash_key TEXT;
ALTER TABLE batch_events ADD COLUMN hash_key TEXT;

-- What stands after the event: the sealed form, the papers, the place, the authorization.
ALTER TABLE events ADD COLUMN digest BLOB;

-- Histories from before end with one line that has a key. A job writes them beside the service.
INSERT INTO jobs (id, kind, created_by_kind, state, done, created_at)
SELECT x'019ac68e800070008000000000000004', 'close_histories', 'system', 'waiting', 0, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')
WHERE EXISTS (SELECT 1 FROM batches);
