-- Whoever reviews one direction searches names of that direction alone; those of the other are not even looked at.

CREATE INDEX applications_by_side_name ON applications (programme_code, direction, name_key, id);
