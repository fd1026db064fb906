-- An authorization that began after its end was never valid on any day.
UPDATE authorizations SET valid_from = valid_until WHERE valid_from > valid_until;
ALTER TABLE authorizations ADD CONSTRAINT authorizations_begin_before_they_end CHECK (valid_from <= valid_until);
