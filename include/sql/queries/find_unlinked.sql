-- find_unlinked: rows to adopt for these remote ids, oldest first; only those that still carry the
-- id, as what was remembered may be of an earlier run.
-- params:  remote_ids text[]
-- returns: rows: remote_id text, ticket_id uuid
-- locks:   none
SELECT unlinked.remote_id, unlinked.ticket_id
FROM qcontact_unlinked AS unlinked
INNER JOIN tickets AS ticket
    ON ticket.id = unlinked.ticket_id
    AND ticket.source = 'qcontact'
    AND ticket.external_id = unlinked.remote_id
LEFT JOIN qcontact_ticket_link AS link ON link.ticket_id = unlinked.ticket_id
WHERE unlinked.remote_id = ANY(%(remote_ids)s::text[]) AND link.ticket_id IS NULL
ORDER BY unlinked.remote_id, unlinked.position;
