-- read_cursor_age: how long ago the run began that read on last from the cursor of this run's account.
-- params:  job_id uuid
-- returns: at most one row: age interval
-- locks:   none
SELECT clock_timestamp() - mover.opened_at AS age
FROM qcontact_run AS run
INNER JOIN qcontact_cursor AS cursor ON cursor.account = run.account
INNER JOIN qcontact_run AS mover ON mover.job_id = cursor.job_id
WHERE run.job_id = %(job_id)s;
