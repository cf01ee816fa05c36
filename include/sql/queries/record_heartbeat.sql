-- record_heartbeat: a run's process is alive.
-- params:  job_id uuid, host text, pid int
-- returns: nothing
-- locks:   the run's row, until commit
UPDATE qcontact_run
SET heard_at = clock_timestamp(), host = %(host)s, pid = %(pid)s
WHERE job_id = %(job_id)s;
