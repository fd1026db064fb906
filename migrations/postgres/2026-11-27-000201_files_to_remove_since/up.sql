-- Since when the file is to be removed. Unknown for the files of before.
ALTER TABLE files_to_remove ADD COLUMN since TIMESTAMPTZ;
