-- sum_runs: what the runs of a period add up to.
-- params:  start_date, end_date timestamptz
-- returns: one row, see the columns; rates and durations are null where there is no figure
-- locks:   none
SELECT
    count(*) AS runs,
    count(*) FILTER (WHERE status = 'success') AS success,
    count(*) FILTER (WHERE status = 'partial') AS "partial",
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'running') AS running,
    sum(total_success)::float8 / nullif(sum(total_success + total_failed), 0) AS success_rate,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_seconds::float8) AS median_seconds,
    max(duration_seconds)::float8 AS longest_seconds
FROM sync_job_history
WHERE started_at >= %(start_date)s AND started_at < %(end_date)s;
