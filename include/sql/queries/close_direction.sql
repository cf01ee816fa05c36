-- close_direction: how a direction ended.
-- params:  job_id uuid, direction text, is_complete boolean, error_code text, error_message text
-- returns: nothing
-- locks:   the direction's row, until commit
UPDATE qcontact_run_direction
SET is_complete = %(is_complete)s,
    error_code = %(error_code)s,
    error_message = %(error_message)s,
    completed_at = now()
WHERE job_id = %(job_id)s AND direction = %(direction)s;
