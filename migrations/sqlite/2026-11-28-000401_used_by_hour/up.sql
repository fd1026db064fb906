-- Drafts and documents have limits of a day too, and are counted like the bytes of uploads: for each person, and for all
-- programs of an organisation together. The old counts are dropped: they would be over in a day.
DROP TABLE uploads_by_hour;
CREATE TABLE used_by_hour (
    who       BLOB NOT NULL,
    hour      TEXT NOT NULL,
    drafts    BIGINT NOT NULL,
    documents BIGINT NOT NULL,
    bytes     BIGINT NOT NULL,
    PRIMARY KEY (who, hour)
);
CREATE INDEX used_by_hour_hour ON used_by_hour (hour);
