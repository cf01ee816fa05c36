-- sync_job_history: runs; the stamps have no zone there and hold UTC, and counters may be null.
-- params:  none
-- returns: rows as of `sync_job_history`
-- locks:   none
SELECT
    id,
    started_at AT TIME ZONE 'UTC' AS started_at,
    completed_at AT TIME ZONE 'UTC' AS completed_at,
    duration_seconds,
    status,
    coalesce(total_processed, 0) AS total_processed,
    coalesce(total_success, 0) AS total_success,
    coalesce(total_failed, 0) AS total_failed,
    success_rate,
    coalesce(inbound_processed, 0) AS inbound_processed,
    coalesce(inbound_success, 0) AS inbound_success,
    coalesce(inbound_failed, 0) AS inbound_failed,
    coalesce(outbound_processed, 0) AS outbound_processed,
    coalesce(outbound_success, 0) AS outbound_success,
    coalesce(outbound_failed, 0) AS outbound_failed,
    error_message,
    error_code,
    sync_options,
    sync_result,
    created_at AT TIME ZONE 'UTC' AS created_at
FROM sync_job_history
