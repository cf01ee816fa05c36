-- find_unlinked: rows to adopt for these remote ids, oldest first.
-- params:  remote_ids text[]
-- returns: rows: remote_id text, ticket_id uuid
-- locks:   none
SELECT unlinked.remote_id, unlinked.ticket_id
FROM qcontact_unlinked AS unlinked
LEFT JOIN qcontact_ticket_link AS link ON link.ticket_id = unlinked.ticket_id
WHERE unlinked.remote_id = ANY(%(remote_ids)s::text[]) AND link.ticket_id IS NULL
ORDER BY unlinked.remote_id, unlinked.position;
