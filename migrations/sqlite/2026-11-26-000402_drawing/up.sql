-- Whether a job draws the lots of the batch and gives its places. Meanwhile nobody else gives any.
ALTER TABLE batches ADD COLUMN drawing BOOLEAN NOT NULL DEFAULT FALSE;
