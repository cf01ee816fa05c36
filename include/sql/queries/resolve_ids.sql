-- resolve_ids: ids as people give them, to QContact ids.
-- params:  given text[] (FibreFlow uuids, ticket_uids or QContact ids)
-- returns: rows: given text, remote_id text
-- locks:   none
SELECT given, link.remote_id
FROM unnest(%(given)s::text[]) AS given
INNER JOIN qcontact_ticket_link AS link ON link.remote_id = given
UNION
SELECT given, coalesce(link.remote_id, ticket.external_id)
FROM unnest(%(given)s::text[]) AS given
INNER JOIN tickets AS ticket
    ON ticket.ticket_uid = given
    OR (ticket.id = CASE WHEN given ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN given::uuid END)
LEFT JOIN qcontact_ticket_link AS link ON link.ticket_id = ticket.id
WHERE link.remote_id IS NOT NULL OR (ticket.source = 'qcontact' AND ticket.external_id IS NOT NULL);
