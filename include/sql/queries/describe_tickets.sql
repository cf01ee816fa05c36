-- describe_tickets: what a person knows linked tickets by, and what would be sent of them. A field
-- counts as in `list_pending`: not with an open conflict.
-- params:  remote_ids text[]
-- returns: rows: qcontact_ticket_id, ticket_uid, title, status, agreed_status text (FibreFlow's at
--          the last agreement), fields text[] (those that would be sent; none: a note alone),
--          settled_at timestamptz; in the ids' order
-- locks:   none
SELECT
    link.remote_id AS qcontact_ticket_id, ticket.ticket_uid, ticket.title, ticket.status,
    link.base_status_local AS agreed_status,
    array_remove(
        ARRAY[
            CASE
                WHEN
                    ticket.status IS DISTINCT FROM link.base_status_local
                    AND 'status' <> ALL(link.frozen)
                    THEN 'status'
            END,
            CASE
                WHEN
                    ticket.assigned_to IS DISTINCT FROM link.base_assigned_local
                    AND 'assigned_to' <> ALL(link.frozen)
                    THEN 'assigned_to'
            END
        ],
        NULL
    ) AS fields,
    link.settled_at
FROM unnest(%(remote_ids)s::text[]) WITH ORDINALITY AS given (remote_id, place)
INNER JOIN qcontact_ticket_link AS link ON link.remote_id = given.remote_id
INNER JOIN tickets AS ticket ON ticket.id = link.ticket_id
ORDER BY given.place;
