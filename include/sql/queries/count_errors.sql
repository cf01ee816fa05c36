-- count_errors: what went wrong in a period or in one run, by code: directions and runs that broke as
-- a whole (scope run), and tickets (scope ticket). What is still so comes first, then the newest.
-- params:  start_date, end_date timestamptz (null with a job_id), job_id uuid (null: the period)
-- returns: rows: scope, error_code text, runs, tickets bigint, last_at timestamptz, last_job_id uuid,
--          message text (the newest one), is_open boolean (the newest run that ended broke with this
--          code, or a ticket is in quarantine with it)
-- locks:   none
WITH job AS MATERIALIZED (
    SELECT id, started_at, error_code, error_message
    FROM sync_job_history
    WHERE CASE
        WHEN %(job_id)s::uuid IS NULL
            THEN started_at >= %(start_date)s::timestamptz AND started_at < %(end_date)s::timestamptz
        ELSE id = %(job_id)s::uuid
    END
)
SELECT
    'run' AS scope, job.error_code, count(*) AS runs, 0::bigint AS tickets, max(started_at) AS last_at,
    (array_agg(id ORDER BY started_at DESC))[1] AS last_job_id,
    (array_agg(error_message ORDER BY started_at DESC))[1] AS message,
    coalesce(
        job.error_code = (
            SELECT newest.error_code
            FROM qcontact_run AS run
            INNER JOIN sync_job_history AS newest ON newest.id = run.job_id
            WHERE newest.status <> 'running' AND NOT run.is_dated
            ORDER BY newest.started_at DESC
            LIMIT 1
        ),
        false
    ) AS is_open
FROM job
WHERE job.error_code IS NOT NULL
GROUP BY job.error_code
UNION ALL
SELECT
    'ticket', error.error_code, count(DISTINCT error.job_id), count(DISTINCT error.remote_id),
    max(error.failed_at), (array_agg(error.job_id ORDER BY error.failed_at DESC))[1],
    (array_agg(error.error_message ORDER BY error.failed_at DESC))[1],
    EXISTS (
        SELECT FROM qcontact_quarantine AS entry
        WHERE entry.error_code = error.error_code AND entry.dismissed_at IS NULL
    )
FROM job
INNER JOIN qcontact_run_error AS error ON error.job_id = job.id
GROUP BY error.error_code
ORDER BY is_open DESC, last_at DESC, scope, error_code;
