-- read_progress: where the inbound direction of a run got to.
-- params:  job_id uuid
-- returns: at most one row: settled_until timestamptz (null: nowhere yet)
-- locks:   none
SELECT settled_until
FROM qcontact_run
WHERE job_id = %(job_id)s;
