-- find_unlinked: rows to adopt for these remote ids, oldest first; only those that still carry the
-- id, as what was remembered may be of an earlier run.
-- params:  remote_ids text[]
-- returns: rows: remote_id text, ticket_id uuid
-- locks:   none
SELECT noted.remote_id, noted.ticket_id
FROM (
    -- OFFSET 0, twice: from the few rows noted to tickets by id. Nothing keeps statistics of this
    -- table in time for a first import, and without them the planner reads all tickets a batch.
    SELECT unlinked.remote_id, unlinked.ticket_id, unlinked.position
    FROM qcontact_unlinked AS unlinked
    WHERE unlinked.remote_id = ANY(%(remote_ids)s::text[])
    OFFSET 0
) AS noted
CROSS JOIN LATERAL (
    SELECT
    FROM tickets AS ticket
    WHERE ticket.id = noted.ticket_id
      AND ticket.source = 'qcontact'
      AND ticket.external_id = noted.remote_id
      AND NOT EXISTS (
          SELECT FROM qcontact_ticket_link AS link WHERE link.ticket_id = noted.ticket_id
      )
    OFFSET 0
) AS adoptable
ORDER BY noted.remote_id, noted.position;
