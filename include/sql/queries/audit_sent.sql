-- audit_sent: one audit row per kind sent.
-- params:  rows jsonb (an array, see the columns below)
-- returns: rows: remote_id text, one for each row that was added
-- locks:   none but the rows it adds
INSERT INTO qcontact_sync_log (
    ticket_id, qcontact_ticket_id, sync_direction, sync_type, request_payload, response_payload,
    status
)
SELECT ticket_id, remote_id, 'outbound', sync_type, request, response, 'success'
FROM jsonb_to_recordset(%(rows)s::jsonb) AS sent (
    remote_id text, ticket_id uuid, sync_type text, request jsonb, response jsonb
)
RETURNING qcontact_ticket_id AS remote_id;
