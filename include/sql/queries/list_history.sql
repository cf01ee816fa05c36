-- list_history: runs on record, newest first.
-- params:  limit int, status text, start_date, end_date timestamptz (null: no limit)
-- returns: rows with all columns of sync_job_history
-- locks:   none
SELECT
    id, started_at, completed_at, duration_seconds::float8, status, total_processed,
    total_success, total_failed, success_rate::float8, inbound_processed, inbound_success,
    inbound_failed, outbound_processed, outbound_success, outbound_failed, error_message,
    error_code, sync_options, sync_result, created_at
FROM sync_job_history
WHERE (%(status)s::text IS NULL OR status = %(status)s::text)
  AND (%(start_date)s::timestamptz IS NULL OR started_at >= %(start_date)s::timestamptz)
  AND (%(end_date)s::timestamptz IS NULL OR started_at < %(end_date)s::timestamptz)
ORDER BY started_at DESC, id
LIMIT %(limit)s;
