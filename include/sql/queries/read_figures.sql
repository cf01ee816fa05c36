-- read_figures: what metrics show of the sync beside a run's own counts.
-- params:  none
-- returns: one row: quarantined, conflicts_open bigint, last_success_age_seconds float8 (null: no
--          run was ever a success)
-- locks:   none
SELECT
    (SELECT count(*) FROM qcontact_quarantine WHERE dismissed_at IS NULL) AS quarantined,
    (
        SELECT count(*) FROM qcontact_conflict
        WHERE kind = 'needs_you' AND resolved_at IS NULL
    ) AS conflicts_open,
    (
        SELECT extract(epoch FROM clock_timestamp() - max(completed_at))::float8
        FROM sync_job_history WHERE status = 'success'
    ) AS last_success_age_seconds;
