-- sum_pending: what would be sent of these tickets, by transition of the status. A field counts as
-- in `list_pending`: not with an open conflict.
-- params:  remote_ids text[]
-- returns: rows: was text (FibreFlow's status at the last agreement), now text (null for both: the
--          status is not sent), tickets, reassigned int (of how many of them the assignment
--          is sent, too), most tickets first
-- locks:   none
SELECT
    CASE WHEN moved.is_status THEN moved.was END AS was,
    CASE WHEN moved.is_status THEN moved.now END AS now,
    count(*)::int AS tickets,
    (count(*) FILTER (WHERE moved.is_reassigned))::int AS reassigned
FROM (
    SELECT
        link.base_status_local AS was, ticket.status AS now,
        (
            ticket.status IS DISTINCT FROM link.base_status_local
            AND 'status' <> ALL(link.frozen)
        ) AS is_status,
        (
            ticket.assigned_to IS DISTINCT FROM link.base_assigned_local
            AND 'assigned_to' <> ALL(link.frozen)
        ) AS is_reassigned
    FROM qcontact_ticket_link AS link
    INNER JOIN tickets AS ticket ON ticket.id = link.ticket_id
    WHERE link.remote_id = ANY(%(remote_ids)s::text[])
) AS moved
GROUP BY 1, 2
ORDER BY tickets DESC, was, now;
