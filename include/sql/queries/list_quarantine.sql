-- list_quarantine: tickets that failed and are tried again, or wait for a change, oldest first.
-- params:  wanted text[] (entry ids, QContact ids, FibreFlow ids or ticket_uids), direction text,
--          error_code text, state text (due, pausing, waiting or dismissed), limit int; each null: all
-- returns: rows, see the columns
-- locks:   none
SELECT
    entry.id, entry.remote_id AS qcontact_ticket_id, entry.ticket_id, ticket.ticket_uid,
    entry.direction, entry.sync_type, entry.error_code, entry.error_message, entry.attempts,
    entry.first_failed_at, entry.last_failed_at, entry.next_try_at, entry.dismissed_at,
    entry.job_id, entry.decision, entry.decided_by, entry.decided_at, ticket.title,
    stand.state
FROM qcontact_quarantine AS entry
CROSS JOIN LATERAL (
    -- As in `count_quarantine`.
    SELECT CASE
        WHEN entry.dismissed_at IS NOT NULL THEN 'dismissed'
        WHEN entry.next_try_at IS NULL THEN 'waiting'
        WHEN entry.next_try_at <= now() THEN 'due'
        ELSE 'pausing'
    END AS state
) AS stand
LEFT JOIN qcontact_ticket_link AS link ON link.remote_id = entry.remote_id
LEFT JOIN tickets AS ticket ON ticket.id = coalesce(entry.ticket_id, link.ticket_id)
WHERE (
        %(wanted)s::text[] IS NULL
        OR entry.id::text = ANY(%(wanted)s::text[])
        OR entry.remote_id = ANY(%(wanted)s::text[])
        OR ticket.id::text = ANY(%(wanted)s::text[])
        OR ticket.ticket_uid = ANY(%(wanted)s::text[])
    )
    AND (%(direction)s::text IS NULL OR entry.direction = %(direction)s::text)
    AND (%(error_code)s::text IS NULL OR entry.error_code = %(error_code)s::text)
    AND (%(state)s::text IS NULL OR stand.state = %(state)s::text)
ORDER BY entry.first_failed_at, entry.id
LIMIT %(limit)s::bigint;
