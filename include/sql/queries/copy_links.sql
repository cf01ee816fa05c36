-- copy_links: remember what was agreed on of new tickets; their data follows in COPY's text format.
-- params:  none
-- returns: nothing; the number of rows is in the command's tag
-- locks:   the rows written, until commit
COPY qcontact_ticket_link (
    remote_id, ticket_id, base_status_local, base_assigned_local, base_remote, fingerprint,
    remote_updated_at, received, inbound_job_id
) FROM STDIN;
