-- Each message goes out on a channel, and is tried by a policy. Messages from before went out by e-mail.

ALTER TABLE notifications ADD COLUMN channel TEXT NOT NULL DEFAULT 'email'
    CONSTRAINT notifications_channel_known CHECK (channel IN ('email'));
ALTER TABLE notifications ADD COLUMN attempt_policy TEXT NOT NULL DEFAULT 'for_a_day'
    CONSTRAINT notifications_attempt_policy_known CHECK (attempt_policy IN ('for_a_day'));

-- The messages of a channel that are due.
DROP INDEX notifications_by_attempt;
CREATE INDEX notifications_by_attempt ON notifications (state, channel, next_attempt_at, id);
