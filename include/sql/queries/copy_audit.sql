-- copy_audit: write the audit rows of new tickets; their data follows in COPY's text format.
-- params:  none
-- returns: nothing; the number of rows is in the command's tag
-- locks:   the rows written, until commit
COPY qcontact_sync_log (
    id, ticket_id, qcontact_ticket_id, sync_direction, sync_type, response_payload, status, error_message
) FROM STDIN;
