-- note_unlinked: remember FibreFlow's rows that came from QContact and have no link. Read once per
-- run that meets unknown tickets, because external_id need not have an index.
-- params:  none
-- returns: nothing
-- locks:   none but the rows it adds
INSERT INTO qcontact_unlinked (remote_id, ticket_id, position)
SELECT
    ticket.external_id,
    ticket.id,
    row_number() OVER (PARTITION BY ticket.external_id ORDER BY ticket.created_at, ticket.id)
FROM tickets AS ticket
LEFT JOIN qcontact_ticket_link AS link ON link.ticket_id = ticket.id
WHERE ticket.source = 'qcontact' AND ticket.external_id IS NOT NULL AND link.ticket_id IS NULL
ON CONFLICT ON CONSTRAINT qcontact_unlinked_pkey DO UPDATE SET position = EXCLUDED.position
WHERE qcontact_unlinked.position <> EXCLUDED.position;
