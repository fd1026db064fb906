-- Whether a job gives the free places of the batch to its waiting cases. Meanwhile nobody else takes one.
ALTER TABLE batches ADD COLUMN promoting BOOLEAN NOT NULL DEFAULT FALSE;
