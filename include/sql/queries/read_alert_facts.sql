-- read_alert_facts: what the alert rules look at. Live runs read on from the cursor or send all
-- that is pending: no dates, no ticket ids. A run that was refused for its params touched nothing.
-- params:  account text, old_after, late_after interval, min_sample int, now timestamptz (null: now)
-- returns: one row: now, since timestamptz, live, scheduled, inbound, outbound json (null: none),
--          failing, dated_failed, old_entries, needs_you, differing int, failing_since,
--          last_settled_at, oldest_entry_at timestamptz, held boolean
-- locks:   none
WITH clock AS (
    SELECT coalesce(%(now)s::timestamptz, now()) AS now
), run AS (
    SELECT
        run.job_id, run.dag_id, run.run_id, run.trigger, run.is_dated, run.window_end,
        run.opened_at, job.status, job.completed_at, job.error_code, job.error_message,
        NOT run.is_dated
        AND coalesce(jsonb_array_length(nullif(run.options -> 'ticket_ids', 'null')), 0) = 0
            AS is_live
    FROM qcontact_run AS run
    INNER JOIN sync_job_history AS job ON job.id = run.job_id
    CROSS JOIN clock
    WHERE run.account = %(account)s
      AND run.opened_at > clock.now - interval '30 days'
      AND run.opened_at <= clock.now
), settled AS (
    SELECT max(completed_at) AS last_at
    FROM run
    WHERE is_live AND status IN ('success', 'partial')
), live AS (
    SELECT *
    FROM run
    WHERE is_live AND status <> 'running'
    ORDER BY completed_at DESC, job_id
    LIMIT 1
), scheduled AS (
    SELECT *
    FROM run
    WHERE trigger = 'scheduled' AND opened_at <= window_end + %(late_after)s::interval
    ORDER BY window_end DESC
    LIMIT 1
), failing AS (
    SELECT count(*) AS runs, min(run.completed_at) AS since
    FROM run
    CROSS JOIN settled
    WHERE run.is_live
      AND run.status = 'failed'
      AND (settled.last_at IS NULL OR run.completed_at > settled.last_at)
), old AS (
    SELECT count(*) AS entries, min(first_failed_at) AS oldest_at
    FROM qcontact_quarantine
    CROSS JOIN clock
    WHERE dismissed_at IS NULL AND first_failed_at < clock.now - %(old_after)s::interval
), sampled AS (
    SELECT differing, row_number() OVER (ORDER BY compared_at DESC) AS age
    FROM qcontact_sample
    WHERE account = %(account)s
    ORDER BY compared_at DESC
    LIMIT 2
)
SELECT
    clock.now,
    (SELECT coalesce(min(applied_at), clock.now) FROM qcontact_migration) AS since,
    (SELECT to_json(live) FROM live) AS live,
    (SELECT to_json(scheduled) FROM scheduled) AS scheduled,
    (SELECT runs FROM failing) AS failing,
    (SELECT since FROM failing) AS failing_since,
    (
        SELECT count(*) FROM run
        WHERE is_dated AND status = 'failed' AND completed_at > clock.now - interval '1 day'
    ) AS dated_failed,
    (SELECT last_at FROM settled) AS last_settled_at,
    newest_rate.inbound,
    newest_rate.outbound,
    (SELECT entries FROM old) AS old_entries,
    (SELECT oldest_at FROM old) AS oldest_entry_at,
    (
        SELECT count(*) FROM qcontact_conflict WHERE kind = 'needs_you' AND resolved_at IS NULL
    ) AS needs_you,
    coalesce(
        (
            SELECT direction.error_code = 'NEEDS_CONFIRMATION'
            FROM live
            INNER JOIN qcontact_run_direction AS direction USING (job_id)
            WHERE direction.direction = 'outbound'
        ),
        false
    ) AS held,
    (
        SELECT count(*)
        FROM sampled AS newest
        INNER JOIN sampled AS one_before ON one_before.age = 2
        WHERE newest.age = 1 AND cardinality(newest.differing) > 0
          AND cardinality(one_before.differing) > 0
    ) AS differing
FROM clock
CROSS JOIN (
    SELECT
        json_object_agg(direction, counts) -> 'inbound' AS inbound,
        json_object_agg(direction, counts) -> 'outbound' AS outbound
    FROM (
        SELECT DISTINCT ON (done.direction)
            done.direction,
            json_build_object('successful', done.successful, 'failed', done.failed) AS counts
        FROM run
        INNER JOIN qcontact_run_direction AS done USING (job_id)
        WHERE run.is_live AND run.status <> 'running'
          AND done.successful + done.failed >= %(min_sample)s
        ORDER BY done.direction, run.completed_at DESC
    ) AS newest
) AS newest_rate;
