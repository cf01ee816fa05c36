-- run_of_process: the newest run that a process of this machine began.
-- params:  pid int
-- returns: zero or one row
SELECT job.id, job.status, job.error_code
FROM qcontact_run AS run
INNER JOIN sync_job_history AS job ON job.id = run.job_id
WHERE run.pid = %(pid)s
ORDER BY run.opened_at DESC
LIMIT 1
