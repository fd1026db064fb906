-- The time since which the file waits to be removed. Unknown for older rows.
ALTER TABLE files_to_remove ADD COLUMN since TIMESTAMPTZ;
