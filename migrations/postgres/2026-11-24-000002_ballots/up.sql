-- A ballot: promised when the batch opens, drawn when it closes.

ALTER TABLE batches DROP CONSTRAINT batches_ordering_known;
ALTER TABLE batches ADD CONSTRAINT batches_ordering_known CHECK (ordering IN ('first_come', 'ranked', 'ballot'));
-- SHA-256 of the seed, for everybody to see from the opening on.
ALTER TABLE batches ADD COLUMN ballot_commitment BYTEA;
-- The seed, encrypted until the draw, in the clear from then on.
ALTER TABLE batches ADD COLUMN ballot_seed_sealed BYTEA;
ALTER TABLE batches ADD COLUMN ballot_seed BYTEA;
ALTER TABLE batches ADD COLUMN drawn_at TIMESTAMPTZ;

-- HMAC-SHA-256 of the case's id under the seed: its place in the drawn order.
ALTER TABLE applications ADD COLUMN lot BYTEA;
CREATE INDEX applications_in_line_by_lot ON applications (batch_id, lot, id) WHERE state = 'waitlisted';
