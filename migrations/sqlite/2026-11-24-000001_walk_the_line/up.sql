-- Who gets a place next: each order of a batch's line has an index that is walked from its first row on.

DROP INDEX applications_in_line;
CREATE INDEX applications_by_batch ON applications (batch_id, state, id);
CREATE INDEX applications_in_line_by_time ON applications (batch_id, submitted_at, id) WHERE state = 'waitlisted';
CREATE INDEX applications_in_line_by_rank ON applications (batch_id, rank DESC, submitted_at, id) WHERE state = 'waitlisted';
