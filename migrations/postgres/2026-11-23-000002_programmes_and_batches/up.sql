-- Under what people travel: programmes by version, batches and their limits.

CREATE TABLE programmes (
    code       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    -- The programme's file as JSON; never changed, a change is a new version.
    document   TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (code, version)
);

CREATE TABLE batches (
    id             UUID NOT NULL PRIMARY KEY,
    programme_code TEXT NOT NULL,
    name           TEXT NOT NULL,
    state          TEXT NOT NULL,
    capacity       INTEGER NOT NULL,
    held           INTEGER NOT NULL,
    taken          INTEGER NOT NULL,
    hold_at        TEXT NOT NULL,
    on_full        TEXT NOT NULL,
    ordering       TEXT NOT NULL,
    opens_at       TIMESTAMPTZ,
    closes_at      TIMESTAMPTZ,
    travel_from    DATE NOT NULL,
    travel_until   DATE NOT NULL,
    -- Moves with every change of the batch's terms; holding and taking places leaves it alone.
    version        INTEGER NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    CONSTRAINT batches_name_unique UNIQUE (programme_code, name),
    CONSTRAINT batches_state_known CHECK (state IN ('planned', 'open', 'closed', 'ended')),
    CONSTRAINT batches_hold_at_known CHECK (hold_at IN ('submission', 'approval')),
    CONSTRAINT batches_on_full_known CHECK (on_full IN ('waitlist', 'refuse')),
    CONSTRAINT batches_ordering_known CHECK (ordering IN ('first_come', 'ranked')),
    CONSTRAINT batches_window_ordered CHECK (travel_from <= travel_until),
    CONSTRAINT batches_never_below_zero CHECK (held >= 0 AND taken >= 0),
    CONSTRAINT batches_never_one_too_many CHECK (held + taken <= capacity)
);
CREATE INDEX batches_by_state ON batches (state, id);

CREATE TABLE batch_limits (
    batch_id  UUID NOT NULL,
    dimension TEXT NOT NULL,
    -- A direction, a category or a sponsor's organisation code.
    key       TEXT NOT NULL,
    capacity  INTEGER NOT NULL,
    held      INTEGER NOT NULL,
    taken     INTEGER NOT NULL,
    PRIMARY KEY (batch_id, dimension, key),
    CONSTRAINT batch_limits_batch_exists FOREIGN KEY (batch_id) REFERENCES batches (id),
    CONSTRAINT batch_limits_dimension_known CHECK (dimension IN ('direction', 'category', 'sponsor')),
    CONSTRAINT batch_limits_never_below_zero CHECK (held >= 0 AND taken >= 0),
    CONSTRAINT batch_limits_never_one_too_many CHECK (held + taken <= capacity)
);
