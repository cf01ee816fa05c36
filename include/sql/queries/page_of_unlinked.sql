-- page_of_unlinked: FibreFlow's rows that came from QContact and have no link, a page of them.
-- params:  after uuid (null: from the first on), limit int
-- returns: rows in the order of their ids: ticket_id uuid, ticket_uid text, remote_id text (null or
--          empty: a row that says it came from QContact and does not say which ticket it is)
-- locks:   none
SELECT ticket.id AS ticket_id, ticket.ticket_uid, ticket.external_id AS remote_id
FROM tickets AS ticket
LEFT JOIN qcontact_ticket_link AS link ON link.ticket_id = ticket.id
WHERE ticket.source = 'qcontact'
  AND link.ticket_id IS NULL
  AND (%(after)s::uuid IS NULL OR ticket.id > %(after)s::uuid)
ORDER BY ticket.id
LIMIT %(limit)s::bigint;
