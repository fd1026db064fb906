-- One row that is written only to find out whether the database can write.
CREATE TABLE write_checks (
    id     INTEGER NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    filler BYTEA   NOT NULL,
    CONSTRAINT write_checks_one_row CHECK (id = 1)
);
