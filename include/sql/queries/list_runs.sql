-- list_runs: runs of a period, newest first, without their results.
-- params:  start_date, end_date timestamptz, status text (null: any), limit int, offset int
-- returns: rows, see the columns; trigger, dag_id and run_id are null for runs of the earlier job
-- locks:   none
SELECT
    job.id, job.started_at, job.completed_at, job.duration_seconds::float8, job.status,
    job.success_rate::float8, job.inbound_processed, job.inbound_success, job.inbound_failed,
    job.outbound_processed, job.outbound_success, job.outbound_failed, job.error_code,
    job.error_message, run.trigger, run.dag_id, run.run_id
FROM sync_job_history AS job
LEFT JOIN qcontact_run AS run ON run.job_id = job.id
WHERE job.started_at >= %(start_date)s
  AND job.started_at < %(end_date)s
  AND (%(status)s::text IS NULL OR job.status = %(status)s::text)
ORDER BY job.started_at DESC, job.id
LIMIT %(limit)s OFFSET %(offset)s;
