-- tickets_with_links: FibreFlow's side of some of QContact's tickets, to be counted.
-- params:  external_ids text[]
-- returns: one row per ticket and link: external_id text, title text, status text; a ticket that is
--          there twice, or linked twice, has two
SELECT tickets.external_id, tickets.title, tickets.status
FROM tickets
LEFT JOIN qcontact_ticket_link AS link ON link.remote_id = tickets.external_id
WHERE tickets.external_id = ANY(%(external_ids)s)
