-- reopen_direction: an earlier try of a direction ended, and it is tried again: until that ends, it has
-- no result.
-- params:  job_id uuid, direction text
-- returns: nothing
-- locks:   the direction's row, until commit
UPDATE qcontact_run_direction
SET is_complete   = false,
    error_code    = NULL,
    error_message = NULL,
    completed_at  = NULL
WHERE job_id = %(job_id)s AND direction = %(direction)s;
