-- list_conflicts: what waits for a person first, then values that lost, newest first.
-- params:  id uuid, remote_ids text[] (each null: all), limit int (null: all), offset int
-- returns: rows, see the columns; local_name is the full name of the FibreFlow user that
--          local_value stands for, where the field is an assignment
-- locks:   none
WITH chosen AS MATERIALIZED (
    -- Before anything is joined: a year leaves many, and a page shows few.
    SELECT entry, kind = 'needs_you' AND resolved_at IS NULL AS is_open
    FROM qcontact_conflict
    WHERE (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
      AND (%(remote_ids)s::text[] IS NULL OR remote_id = ANY(%(remote_ids)s::text[]))
    ORDER BY is_open DESC, entry DESC
    LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
)
SELECT
    conflict.id, conflict.remote_id AS qcontact_ticket_id, conflict.ticket_id, ticket.ticket_uid,
    conflict.field, conflict.kind, conflict.local_value, conflict.remote_value, conflict.loser,
    conflict.reason, conflict.opened_at, conflict.resolved_at, conflict.resolution,
    conflict.decided_by, conflict.decided_at, chosen.is_open, conflict.job_id, ticket.title,
    person.full_name AS local_name
FROM chosen
INNER JOIN qcontact_conflict AS conflict ON conflict.entry = chosen.entry
LEFT JOIN tickets AS ticket ON ticket.id = conflict.ticket_id
LEFT JOIN users AS person
    ON conflict.field = 'assigned_to' AND person.id::text = conflict.local_value
ORDER BY chosen.is_open DESC, conflict.entry DESC;
