-- tickets_to_edit: tickets from QContact that staff are likely to work on.
-- params:  taken text[], QContact ids to leave alone; at_most int
-- returns: up to at_most rows
SELECT id, ticket_uid, external_id, status
FROM tickets
WHERE source = 'qcontact'
    AND status IN ('open', 'assigned')
    AND external_id <> ALL(%(taken)s)
ORDER BY external_id
LIMIT %(at_most)s
