-- Why the last attempt of a duty failed. NULL: it did not fail.
ALTER TABLE duties ADD COLUMN last_error TEXT;

-- A checkpoint hashes the chains in the order of their subjects. The order of the bytes is the same on every machine;
-- the order of a language is not.
ALTER TABLE authorizations ALTER COLUMN number TYPE TEXT COLLATE "C";
ALTER TABLE authorization_events ALTER COLUMN authorization_number TYPE TEXT COLLATE "C";
