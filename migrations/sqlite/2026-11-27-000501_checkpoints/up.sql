-- Why the last attempt of a duty failed; none: it did not.
ALTER TABLE duties ADD COLUMN last_error TEXT;
