-- list_run_errors: the tickets that failed in a run, as they stand in FibreFlow now.
-- params:  job_id uuid, limit int
-- returns: rows, see the columns, those of one code together
-- locks:   none
SELECT
    error.remote_id AS qcontact_ticket_id, ticket.ticket_uid, ticket.title, ticket.status,
    error.direction, error.sync_type, error.error_code, error.error_message, error.recoverable,
    error.is_again, error.failed_at
FROM qcontact_run_error AS error
LEFT JOIN qcontact_ticket_link AS link ON link.remote_id = error.remote_id
LEFT JOIN tickets AS ticket ON ticket.id = coalesce(error.ticket_id, link.ticket_id)
WHERE error.job_id = %(job_id)s
ORDER BY error.error_code, error.failed_at, error.remote_id
LIMIT %(limit)s;
