-- open_direction: begin a direction, or go on after a crash. Where it had ended (a clear), what it
-- only looked at is counted anew; what it wrote or failed at stays counted.
-- params:  job_id uuid, direction text
-- returns: nothing
-- locks:   the direction's row, until commit
INSERT INTO qcontact_run_direction AS direction (job_id, direction)
VALUES (%(job_id)s, %(direction)s)
ON CONFLICT ON CONSTRAINT qcontact_run_direction_pkey DO UPDATE
SET skipped       = CASE WHEN direction.is_complete THEN 0 ELSE direction.skipped END,
    processed     = direction.successful + direction.failed
        + CASE WHEN direction.is_complete THEN 0 ELSE direction.skipped END,
    is_complete   = false,
    error_code    = NULL,
    error_message = NULL,
    completed_at  = NULL;
