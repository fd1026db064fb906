-- Every listing and look-up walks an index in the order in which it shows its lines, and stops when the page is full:
-- what is stored besides must not make it slower. docs/architecture.md says which walk goes where.

-- What officers and auditors see: the cases of a programme, direction, state and stage, in each order.
DROP INDEX applications_by_stage;
CREATE INDEX applications_by_desk_due ON applications (programme_code, direction, state, stage, due_at, id);
CREATE INDEX applications_by_desk_updated ON applications (programme_code, direction, state, stage, updated_at, id);
CREATE INDEX applications_by_desk_created ON applications (programme_code, direction, state, stage, created_at, id);

-- Most cases are nobody's; those need no place in it.
DROP INDEX applications_by_assignee;
CREATE INDEX applications_by_assignee ON applications (assignee_id, state, due_at, id) WHERE assignee_id IS NOT NULL;

-- What the clock closes and ends.
CREATE INDEX batches_by_closing ON batches (state, closes_at);
CREATE INDEX batches_by_end ON batches (state, travel_until);
