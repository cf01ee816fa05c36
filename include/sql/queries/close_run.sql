-- close_run: settle a run's row. A run whose process has ended ended when it was last heard of, not
-- when the next run found out.
-- params:  job_id uuid, status text, inbound_processed, inbound_success, inbound_failed,
--          outbound_processed, outbound_success, outbound_failed int, success_rate float,
--          error_code text, error_message text, sync_result jsonb
-- returns: one row: started_at, completed_at, duration_seconds
-- locks:   the run's row, until commit
WITH ended AS (
    SELECT coalesce(
        (
            SELECT greatest(run.heard_at, run.opened_at)
            FROM qcontact_run AS run
            WHERE run.job_id = %(job_id)s AND %(error_code)s::text = 'ABANDONED'
        ),
        now()
    ) AS at
)
UPDATE sync_job_history
SET status             = %(status)s,
    completed_at       = coalesce(completed_at, ended.at),
    duration_seconds   = extract(EPOCH FROM coalesce(completed_at, ended.at) - started_at),
    total_processed    = %(inbound_processed)s::int + %(outbound_processed)s::int,
    total_success      = %(inbound_success)s::int + %(outbound_success)s::int,
    total_failed       = %(inbound_failed)s::int + %(outbound_failed)s::int,
    success_rate       = %(success_rate)s,
    inbound_processed  = %(inbound_processed)s,
    inbound_success    = %(inbound_success)s,
    inbound_failed     = %(inbound_failed)s,
    outbound_processed = %(outbound_processed)s,
    outbound_success   = %(outbound_success)s,
    outbound_failed    = %(outbound_failed)s,
    error_code         = %(error_code)s,
    error_message      = %(error_message)s,
    sync_result        = %(sync_result)s
FROM ended
WHERE id = %(job_id)s
RETURNING started_at::timestamptz, completed_at::timestamptz, duration_seconds::float8;
