-- list_quarantine: tickets that failed and are tried again, or wait for a change, oldest first.
-- params:  wanted text[] (entry ids, QContact ids, FibreFlow ids or ticket_uids; null: all),
--          limit int (null: all)
-- returns: rows, see the columns
-- locks:   none
SELECT
    entry.id, entry.remote_id AS qcontact_ticket_id, entry.ticket_id, ticket.ticket_uid,
    entry.direction, entry.sync_type, entry.error_code, entry.error_message, entry.attempts,
    entry.first_failed_at, entry.last_failed_at, entry.next_try_at, entry.dismissed_at,
    entry.job_id, entry.decision, entry.decided_by, entry.decided_at, ticket.title
FROM qcontact_quarantine AS entry
LEFT JOIN qcontact_ticket_link AS link ON link.remote_id = entry.remote_id
LEFT JOIN tickets AS ticket ON ticket.id = coalesce(entry.ticket_id, link.ticket_id)
WHERE %(wanted)s::text[] IS NULL
   OR entry.id::text = ANY(%(wanted)s::text[])
   OR entry.remote_id = ANY(%(wanted)s::text[])
   OR ticket.id::text = ANY(%(wanted)s::text[])
   OR ticket.ticket_uid = ANY(%(wanted)s::text[])
ORDER BY entry.first_failed_at, entry.id
LIMIT %(limit)s::bigint;
