-- A decision writes an entry of each index that names a column it changes, or whose condition it meets. These indexes
-- have only the entries that a listing reads.

-- A decision changes the state of a case, never its batch.
DROP INDEX applications_by_batch;
CREATE INDEX applications_by_batch ON applications (batch_id, id);

-- Most cases are entered by the sponsor: they have no applicant's account, and are found by their sponsor.
DROP INDEX applications_by_applicant;
CREATE INDEX applications_by_applicant ON applications (applicant_id, updated_at, id) WHERE applicant_id IS NOT NULL;
DROP INDEX applications_by_sponsor;
CREATE INDEX applications_by_sponsor ON applications (sponsor_id, updated_at, id) WHERE sponsor_id IS NOT NULL;
DROP INDEX applications_by_creator_organisation;
CREATE INDEX applications_by_creator_organisation ON applications (creator_organisation_id, updated_at, id)
    WHERE creator_organisation_id IS DISTINCT FROM sponsor_id;
