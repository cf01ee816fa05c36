-- list_conflicts: what waits for a person first, then values that lost, newest first.
-- params:  id uuid (null: all), limit int
-- returns: rows, see the columns
-- locks:   none
SELECT
    conflict.id, conflict.remote_id AS qcontact_ticket_id, conflict.ticket_id, ticket.ticket_uid,
    conflict.field, conflict.kind, conflict.local_value, conflict.remote_value, conflict.loser,
    conflict.reason, conflict.opened_at, conflict.resolved_at, conflict.resolution,
    conflict.kind = 'needs_you' AND conflict.resolved_at IS NULL AS is_open
FROM qcontact_conflict AS conflict
LEFT JOIN tickets AS ticket ON ticket.id = conflict.ticket_id
WHERE %(id)s::uuid IS NULL OR conflict.id = %(id)s::uuid
ORDER BY is_open DESC, conflict.entry DESC
LIMIT %(limit)s;
