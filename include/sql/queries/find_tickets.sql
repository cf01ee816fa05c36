-- find_tickets: tickets that came from QContact, by a part of what people know them by.
-- params:  given text (in lower case), pattern text (the same for LIKE, as a part), limit int
-- returns: rows: qcontact_ticket_id, ticket_uid, title, status, dr_number, ont_serial text (all but
--          the first null for a ticket that FibreFlow does not have), is_exact boolean (given is a
--          whole id or number of it); exact ones first, then the newest
-- locks:   none
WITH found AS (
    SELECT
        coalesce(link.remote_id, ticket.external_id) AS qcontact_ticket_id, ticket.ticket_uid,
        ticket.title, ticket.status, ticket.dr_number, ticket.ont_serial, ticket.updated_at,
        %(given)s::text IN (
            lower(ticket.ticket_uid), lower(coalesce(link.remote_id, ticket.external_id)),
            ticket.id::text
        ) AS is_exact
    FROM tickets AS ticket
    LEFT JOIN qcontact_ticket_link AS link ON link.ticket_id = ticket.id
    WHERE (link.remote_id IS NOT NULL
        OR (ticket.source = 'qcontact' AND ticket.external_id IS NOT NULL))
      AND (
          ticket.ticket_uid ILIKE %(pattern)s
          OR ticket.title ILIKE %(pattern)s
          OR ticket.dr_number ILIKE %(pattern)s
          OR ticket.ont_serial ILIKE %(pattern)s
          OR coalesce(link.remote_id, ticket.external_id) ILIKE %(pattern)s
          OR ticket.id::text = %(given)s::text
      )
    UNION ALL
    SELECT DISTINCT
        entry.remote_id, NULL, NULL, NULL, NULL, NULL, NULL::timestamp,
        lower(entry.remote_id) = %(given)s::text
    FROM qcontact_quarantine AS entry
    WHERE entry.remote_id ILIKE %(pattern)s
      AND entry.ticket_id IS NULL
      AND NOT EXISTS (
          SELECT FROM qcontact_ticket_link AS link WHERE link.remote_id = entry.remote_id
      )
)
SELECT qcontact_ticket_id, ticket_uid, title, status, dr_number, ont_serial, is_exact
FROM found
ORDER BY is_exact DESC, updated_at DESC NULLS LAST, qcontact_ticket_id
LIMIT %(limit)s;
