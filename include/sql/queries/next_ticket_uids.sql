-- next_ticket_uids: numbers for new tickets; fewer rows than asked where some were taken.
-- params:  count int
-- returns: rows: ticket_uid text, in order
-- locks:   none
SELECT ticket_uid
FROM (
    SELECT 'FT' || lpad(nextval('qcontact_ticket_uid_seq')::text, 6, '0') AS ticket_uid
    FROM generate_series(1, %(count)s)
) AS fresh
WHERE NOT EXISTS (SELECT FROM tickets WHERE tickets.ticket_uid = fresh.ticket_uid)
ORDER BY ticket_uid;
