-- open_direction: begin a direction, or go on after a crash. Where inbound starts over (nothing of
-- its window is settled any more, as after a clear), what it only looked at is counted anew; what
-- it wrote or failed at stays counted.
-- params:  job_id uuid, direction text
-- returns: nothing
-- locks:   the direction's row, until commit
WITH run AS (
    SELECT %(direction)s = 'inbound' AND settled_until IS NULL AS starts_over
    FROM qcontact_run
    WHERE job_id = %(job_id)s
)
INSERT INTO qcontact_run_direction AS direction (job_id, direction)
VALUES (%(job_id)s, %(direction)s)
ON CONFLICT ON CONSTRAINT qcontact_run_direction_pkey DO UPDATE
SET skipped       = CASE WHEN (SELECT starts_over FROM run) THEN 0 ELSE direction.skipped END,
    processed     = direction.successful + direction.failed
        + CASE WHEN (SELECT starts_over FROM run) THEN 0 ELSE direction.skipped END,
    is_complete   = false,
    error_code    = NULL,
    error_message = NULL,
    completed_at  = NULL;
