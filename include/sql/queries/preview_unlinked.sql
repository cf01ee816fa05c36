-- preview_unlinked: what find_unlinked would find, for a dry run, which remembers nothing.
-- params:  remote_ids text[]
-- returns: rows: remote_id text, ticket_id uuid
-- locks:   none
SELECT ticket.external_id AS remote_id, ticket.id AS ticket_id
FROM tickets AS ticket
LEFT JOIN qcontact_ticket_link AS link ON link.ticket_id = ticket.id
WHERE ticket.source = 'qcontact'
  AND ticket.external_id = ANY(%(remote_ids)s::text[])
  AND link.ticket_id IS NULL
ORDER BY ticket.external_id, ticket.created_at, ticket.id;
