-- read_errors: the tickets that failed in a run, the first hundred.
-- params:  job_id uuid
-- returns: rows as in sync_result.errors
-- locks:   none
SELECT
    ticket_id::text, remote_id AS qcontact_ticket_id, sync_type, error_message, error_code,
    to_char(failed_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS timestamp, recoverable
FROM qcontact_run_error
WHERE job_id = %(job_id)s
ORDER BY failed_at, direction, remote_id
LIMIT 100;
