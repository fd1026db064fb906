-- The round of review to which a finding belongs. Endorsements and decisions are events: their round follows from the
-- appeals before them.
ALTER TABLE findings ADD COLUMN round INTEGER NOT NULL DEFAULT 1;
