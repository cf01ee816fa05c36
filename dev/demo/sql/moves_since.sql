-- moves_since: what was changed on either side after a mark; changes before plain creations.
-- params:  mark timestamp or null
-- returns: one row per ticket and operation
SELECT
    log.sync_direction,
    log.sync_type,
    log.status AS outcome,
    coalesce(log.request_payload -> 'fields', log.request_payload) AS fields,
    log.qcontact_ticket_id,
    tickets.ticket_uid,
    tickets.status AS ticket_status,
    users.full_name AS assignee
FROM qcontact_sync_log AS log
LEFT JOIN tickets ON tickets.id = log.ticket_id
LEFT JOIN users ON users.id = tickets.assigned_to
WHERE (log.synced_at > %(mark)s OR %(mark)s::timestamp IS NULL)
    AND log.sync_type <> 'full_sync'
ORDER BY log.sync_type = 'create', log.sync_direction DESC, log.synced_at, log.qcontact_ticket_id
