-- list_running: runs on record as running, but for this one.
-- params:  job_id uuid, account text
-- returns: rows: job_id, dag_id, run_id, host text, pid int, is_silent boolean (nothing was heard of
--          it for a minute)
-- locks:   none
SELECT
    run.job_id, run.dag_id, run.run_id, run.host, run.pid,
    run.heard_at < clock_timestamp() - interval '1 minute' AS is_silent
FROM qcontact_run AS run
INNER JOIN sync_job_history AS job ON job.id = run.job_id
WHERE job.status = 'running' AND run.account = %(account)s AND run.job_id <> %(job_id)s;
