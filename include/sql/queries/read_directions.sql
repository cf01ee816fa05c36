-- read_directions: what the directions of a run did.
-- params:  job_id uuid
-- returns: rows: direction, successful, failed, skipped, partial, created, updated, failed_again,
--          is_complete, error_code, error_message, is_ended (false while it runs, and where its
--          process died), duration_seconds
-- locks:   none
SELECT
    direction, successful, failed, skipped, partial, created, updated, failed_again, is_complete,
    error_code, error_message, completed_at IS NOT NULL AS is_ended,
    extract(EPOCH FROM coalesce(completed_at, now()) - started_at)::float8 AS duration_seconds
FROM qcontact_run_direction
WHERE job_id = %(job_id)s;
