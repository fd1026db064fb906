-- Which case a stored answer is about, so that erasing the case removes the answer.

-- Not a foreign key: a refusal may be about a case that does not exist.
ALTER TABLE idempotency_keys ADD COLUMN application_id UUID;
CREATE INDEX idempotency_keys_by_application ON idempotency_keys (application_id);
