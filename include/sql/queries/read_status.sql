-- read_status: the sync at a glance; what is pending is counted elsewhere.
-- params:  account text, old_after interval (failing for so long, a ticket needs a person)
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
        SELECT count(*)
        FROM qcontact_quarantine
        WHERE dismissed_at IS NULL
          AND (next_try_at IS NULL OR first_failed_at < now() - %(old_after)s::interval)
    ) AS stuck,
    (
        -- One that was refused for its params has no row in qcontact_run.
        SELECT count(*)
        FROM sync_job_history AS job
        WHERE job.started_at > now() - interval '24 hours'
          AND job.error_code IS NOT NULL
          AND EXISTS (SELECT FROM qcontact_run AS run WHERE run.job_id = job.id)
    ) AS broken_runs_last_24h,
    (
        EXISTS (SELECT FROM qcontact_run)
        OR EXISTS (SELECT FROM sync_job_history WHERE status IN ('success', 'partial'))
    ) AS has_run,
    (
        SELECT least(mover.settled_until, reader.settled_until)
        FROM qcontact_cursor AS mover
        LEFT JOIN qcontact_run AS reader ON reader.job_id = mover.job_id
        WHERE mover.account = %(account)s
    ) AS in_step_until
FROM (VALUES (1)) AS always (present)
LEFT JOIN LATERAL (
    SELECT started_at, status, duration_seconds
    FROM sync_job_history
    ORDER BY started_at DESC
    LIMIT 1
) AS last ON true;
