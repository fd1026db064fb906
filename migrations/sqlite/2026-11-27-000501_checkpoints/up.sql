-- Why the last attempt of a duty failed. NULL: it did not fail.
ALTER TABLE duties ADD COLUMN last_error TEXT;
