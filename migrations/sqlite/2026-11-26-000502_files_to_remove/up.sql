-- Uploaded files of erased cases that still lie in the data folder. The clock removes them, and then their rows.

CREATE TABLE files_to_remove (
    -- The random name under which the file lies in the data folder.
    storage_name TEXT NOT NULL PRIMARY KEY
);
