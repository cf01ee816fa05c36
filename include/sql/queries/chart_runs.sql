-- chart_runs: the runs of a period by slot, day or week, oldest first; a part without a run is left
-- out. A slot is one of the schedule's six hours, in UTC.
-- params:  start_date, end_date timestamptz, unit text (slot, day, week), zone text (whose days)
-- returns: rows, see the columns; days date[] are those on which a run began; worst_id is the run to look at first; rates and durations are null
--          where there is no figure
-- locks:   none
SELECT
    CASE %(unit)s::text
        WHEN 'slot' THEN to_timestamp(floor(extract(EPOCH FROM started_at) / 21600) * 21600)
        ELSE date_trunc(%(unit)s::text, started_at, %(zone)s::text)
    END AS bucket_start,
    count(*) AS runs,
    count(*) FILTER (WHERE status = 'success') AS success,
    count(*) FILTER (WHERE status = 'partial') AS "partial",
    count(*) FILTER (WHERE status = 'failed') AS failed,
    count(*) FILTER (WHERE status = 'running') AS running,
    (
        array_agg(id ORDER BY array_position('{failed,partial,running,success}', status), started_at)
    )[1] AS worst_id,
    sum(total_success)::float8 / nullif(sum(total_success + total_failed), 0) AS success_rate,
    avg(inbound_success)::float8 AS inbound_success,
    avg(inbound_failed)::float8 AS inbound_failed,
    avg(outbound_success)::float8 AS outbound_success,
    avg(outbound_failed)::float8 AS outbound_failed,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_seconds::float8) AS median_seconds,
    max(duration_seconds)::float8 AS longest_seconds,
    array_agg(DISTINCT (started_at AT TIME ZONE %(zone)s::text)::date) AS days
FROM sync_job_history
WHERE started_at >= %(start_date)s AND started_at < %(end_date)s
GROUP BY bucket_start
ORDER BY bucket_start;
