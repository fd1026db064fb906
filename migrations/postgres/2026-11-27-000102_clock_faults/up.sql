-- Instances whose clock cannot be trusted: they do no timed work. A row goes when the clock is right again.
CREATE TABLE clock_faults (
    -- Random, new at each start.
    instance_id UUID NOT NULL PRIMARY KEY,
    -- The name of its machine.
    host        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    own_time    TIMESTAMPTZ NOT NULL,
    -- The time that the clock was compared with.
    other_time  TIMESTAMPTZ NOT NULL
);
