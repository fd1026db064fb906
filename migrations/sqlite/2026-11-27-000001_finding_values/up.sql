-- The values that a finding is about, sealed under the key of the case. Screening compares them: other values are another
-- finding. Older findings have none, so they are raised once more at the next screening.
ALTER TABLE findings ADD COLUMN values_sealed BLOB;
