-- run_record: one run as the history knows it.
-- params:  job_id text or null
-- returns: zero or one row
SELECT id, status, started_at, completed_at, error_code, error_message, sync_result
FROM sync_job_history
WHERE id = %(job_id)s::uuid
