-- The sponsors that forms name and that have not accepted. A case is its sponsor's once the sponsor has accepted it.
CREATE TABLE sponsorship_requests (
    application_id  UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL,
    state           TEXT NOT NULL,
    requested_at    TIMESTAMPTZ NOT NULL,
    CONSTRAINT sponsorship_requests_application_exists FOREIGN KEY (application_id) REFERENCES applications (id),
    CONSTRAINT sponsorship_requests_organisation_exists FOREIGN KEY (organisation_id) REFERENCES organisations (id),
    CONSTRAINT sponsorship_requests_state_known CHECK (state IN ('requested', 'declined'))
);
CREATE INDEX sponsorship_requests_by_sponsor ON sponsorship_requests (organisation_id, state, application_id);

-- When a sponsor's representatives are next told of open requests: one message for all, at most one a day.
CREATE TABLE sponsor_notices (
    organisation_id UUID NOT NULL PRIMARY KEY,
    notify_at       TIMESTAMPTZ,
    notified_at     TIMESTAMPTZ,
    CONSTRAINT sponsor_notices_organisation_exists FOREIGN KEY (organisation_id) REFERENCES organisations (id)
);
CREATE INDEX sponsor_notices_by_time ON sponsor_notices (notify_at) WHERE notify_at IS NOT NULL;

-- In older drafts, anybody could name any sponsor. Submitted cases keep theirs.
INSERT INTO sponsorship_requests (application_id, organisation_id, state, requested_at)
SELECT id, sponsor_id, 'requested', now() FROM applications
WHERE state = 'draft' AND sponsor_id IS NOT NULL AND (creator_organisation_id IS NULL OR creator_organisation_id <> sponsor_id);

UPDATE applications SET sponsor_id = NULL WHERE id IN (SELECT application_id FROM sponsorship_requests);

INSERT INTO sponsor_notices (organisation_id, notify_at)
SELECT DISTINCT organisation_id, now() FROM sponsorship_requests;
