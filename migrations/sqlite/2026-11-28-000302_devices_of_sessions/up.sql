-- Where somebody is signed in, for the list of the person's own sessions: network address and browser. Empty: not known.
ALTER TABLE sessions ADD COLUMN network TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';
