-- The outbox: what is owed to whom, what was tried, what came back.

CREATE TABLE notifications (
    id              BLOB NOT NULL PRIMARY KEY,
    -- The event it tells of; none for messages about an account.
    application_id  BLOB,
    event_seq       INTEGER,
    message         TEXT NOT NULL,
    language        TEXT NOT NULL,
    -- Address and contents (JSON), encrypted.
    recipient_sealed BLOB NOT NULL,
    contents_sealed BLOB NOT NULL,
    state           TEXT NOT NULL,
    attempts        INTEGER NOT NULL,
    -- When it may be tried (again); a lease moves it ahead while somebody is at it.
    next_attempt_at TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    sent_at         TEXT,
    CONSTRAINT notifications_event_exists FOREIGN KEY (application_id, event_seq) REFERENCES events (application_id, seq),
    CONSTRAINT notifications_state_known CHECK (state IN ('pending', 'sent', 'dead'))
);
CREATE INDEX notifications_by_attempt ON notifications (state, next_attempt_at, id);
CREATE INDEX notifications_by_event ON notifications (application_id, event_seq);

CREATE TABLE delivery_attempts (
    notification_id BLOB NOT NULL,
    attempt         INTEGER NOT NULL,
    at              TEXT NOT NULL,
    outcome         TEXT NOT NULL,
    -- The server's reply code or the kind of failure; never an address.
    detail          TEXT,
    PRIMARY KEY (notification_id, attempt),
    CONSTRAINT delivery_attempts_notification_exists FOREIGN KEY (notification_id) REFERENCES notifications (id),
    CONSTRAINT delivery_attempts_outcome_known CHECK (outcome IN ('sent', 'temporary', 'permanent', 'technical'))
);
