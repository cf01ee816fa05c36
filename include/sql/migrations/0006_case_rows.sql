-- What the list showed of each case when its detail was settled last: a remote that cannot be asked
-- what changed (dialect entities) is walked whole, and a detail is read only where the row differs.
-- The previous release runs on the result: nothing of it is altered.
CREATE TABLE IF NOT EXISTS qcontact_listed_row (
    remote_id text NOT NULL,
    digest    text NOT NULL,
    looked_at timestamptz NOT NULL DEFAULT now(),
    job_id    uuid NOT NULL,
    CONSTRAINT qcontact_listed_row_pkey PRIMARY KEY (remote_id)
);
COMMENT ON COLUMN qcontact_listed_row.digest IS
    'of the row as it was listed; empty: the case was not listed when its detail was read last';
COMMENT ON COLUMN qcontact_listed_row.looked_at IS 'when its detail was read last';
COMMENT ON COLUMN qcontact_listed_row.job_id IS 'the run that read it';
