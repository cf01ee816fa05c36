-- read_status: the sync at a glance; what is pending is counted elsewhere.
-- params:  stale_after interval
-- returns: one row, see the columns
-- locks:   none
SELECT
    last.started_at AS last_sync_at,
    last.status AS last_sync_status,
    last.duration_seconds::float8 AS last_sync_duration_seconds,
    (SELECT count(*) FROM qcontact_quarantine WHERE dismissed_at IS NULL) AS quarantined,
    (
        SELECT count(*) FROM qcontact_conflict
        WHERE kind = 'needs_you' AND resolved_at IS NULL
    ) AS conflicts_open,
    (
        SELECT coalesce(sum(total_failed), 0) FROM sync_job_history
        WHERE started_at > now() - interval '24 hours'
    ) AS failed_last_24h,
    (
        SELECT sum(total_success)::float8 / nullif(sum(total_success + total_failed), 0)
        FROM sync_job_history
        WHERE started_at > now() - interval '7 days'
    ) AS success_rate_last_7d,
    (
        SELECT max(completed_at) FROM sync_job_history WHERE status IN ('success', 'partial')
    ) AS last_settled_at,
    coalesce(
        (
            SELECT max(completed_at) FROM sync_job_history WHERE status IN ('success', 'partial')
        ) > now() - %(stale_after)s::interval,
        false
    ) AS is_fresh
FROM (VALUES (1)) AS always (present)
LEFT JOIN LATERAL (
    SELECT started_at, status, duration_seconds
    FROM sync_job_history
    ORDER BY started_at DESC
    LIMIT 1
) AS last ON true;
