-- report_run: one run on record, and the runs before and after it.
-- params:  job_id uuid
-- returns: at most one row, see the columns; those of the run's own memory are null for runs of the
--          earlier job
-- locks:   none
SELECT
    job.id, job.started_at, job.completed_at, job.duration_seconds::float8, job.status,
    job.success_rate::float8, job.total_processed, job.total_success, job.total_failed,
    job.error_code, job.error_message, job.sync_options, run.trigger, run.dag_id, run.run_id,
    run.attempt, run.window_start, run.window_end, run.moves_cursor, run.settled_until,
    (
        SELECT other.id FROM sync_job_history AS other
        WHERE (other.started_at, other.id) < (job.started_at, job.id)
        ORDER BY other.started_at DESC, other.id DESC
        LIMIT 1
    ) AS previous_id,
    (
        SELECT other.id FROM sync_job_history AS other
        WHERE (other.started_at, other.id) > (job.started_at, job.id)
        ORDER BY other.started_at, other.id
        LIMIT 1
    ) AS next_id
FROM sync_job_history AS job
LEFT JOIN qcontact_run AS run ON run.job_id = job.id
WHERE job.id = %(job_id)s;
