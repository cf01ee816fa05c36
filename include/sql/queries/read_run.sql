-- read_run: a run on record, with the window it was given.
-- params:  job_id uuid
-- returns: one row or none: id, started_at, completed_at, duration_seconds, status, error_message,
--          error_code, sync_result, window_start, window_end (no window: its params were refused)
-- locks:   none
SELECT
    job.id, job.started_at, job.completed_at, job.duration_seconds::float8, job.status,
    job.error_message, job.error_code, job.sync_result, run.window_start, run.window_end
FROM sync_job_history AS job
LEFT JOIN qcontact_run AS run ON run.job_id = job.id
WHERE job.id = %(job_id)s;
