-- agree_assignments: where assignment flows inbound only, what FibreFlow's staff assigned is not pending:
-- it counts as agreed on.
-- params:  ticket_ids uuid[] (null: all; others have no change)
-- returns: one row: agreed bigint
-- locks:   the links that change, until commit
WITH agreed AS (
    UPDATE qcontact_ticket_link AS link
    SET base_assigned_local = ticket.assigned_to
    FROM tickets AS ticket
    WHERE ticket.id = link.ticket_id
      -- Of both tables, so that neither is read whole for the other.
      AND (%(ticket_ids)s::uuid[] IS NULL OR link.ticket_id = ANY(%(ticket_ids)s::uuid[]))
      AND (%(ticket_ids)s::uuid[] IS NULL OR ticket.id = ANY(%(ticket_ids)s::uuid[]))
      AND ticket.assigned_to IS DISTINCT FROM link.base_assigned_local
      AND 'assigned_to' <> ALL(link.frozen)
    RETURNING link.remote_id
)
SELECT count(*) AS agreed
FROM agreed;
