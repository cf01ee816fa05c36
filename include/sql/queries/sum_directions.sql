-- sum_directions: what each direction did in a period.
-- params:  start_date, end_date timestamptz
-- returns: a row per direction that ran: direction text, runs, broken, processed, successful, failed,
--          skipped, created, updated bigint, success_rate float8 (null: nothing was tried)
-- locks:   none
SELECT
    part.direction,
    count(*) AS runs,
    count(*) FILTER (WHERE part.error_code IS NOT NULL) AS broken,
    sum(part.processed) AS processed,
    sum(part.successful) AS successful,
    sum(part.failed) AS failed,
    sum(part.skipped) AS skipped,
    sum(part.created) AS created,
    sum(part.updated) AS updated,
    sum(part.successful)::float8 / nullif(sum(part.successful + part.failed), 0) AS success_rate
FROM sync_job_history AS job
INNER JOIN qcontact_run_direction AS part ON part.job_id = job.id
WHERE job.started_at >= %(start_date)s AND job.started_at < %(end_date)s
GROUP BY part.direction
ORDER BY part.direction;
