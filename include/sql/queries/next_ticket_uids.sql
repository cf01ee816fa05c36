-- next_ticket_uids: numbers for new tickets, six digits or as many as it takes; fewer rows than
-- asked where some were taken.
-- params:  count int
-- returns: one row: ticket_uids text[], in order
-- locks:   none
SELECT coalesce(array_agg(ticket_uid ORDER BY number), '{}') AS ticket_uids
FROM (
    SELECT number, 'FT' || lpad(number::text, greatest(6, length(number::text)), '0') AS ticket_uid
    FROM (
        SELECT nextval('qcontact_ticket_uid_seq') AS number
        FROM generate_series(1, %(count)s)
    ) AS drawn
) AS fresh
-- OFFSET 0: a look into the index for each number. Without it, the planner reads all tickets a batch.
WHERE NOT EXISTS (
    SELECT FROM tickets WHERE tickets.ticket_uid = fresh.ticket_uid OFFSET 0
);
