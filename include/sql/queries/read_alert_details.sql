-- read_alert_details: what a mail lists: the error codes of now, with the ids of some tickets.
-- params:  none
-- returns: rows: kind text ('quarantine' or 'needs_you'), word text (error code, or field), tickets
--          int, examples text[] (ids, at most five)
-- locks:   none
SELECT
    'quarantine' AS kind,
    entry.error_code AS word,
    count(*)::int AS tickets,
    (array_agg(coalesce(ticket.ticket_uid, left(entry.remote_id, 40))
        ORDER BY entry.first_failed_at))[1:5] AS examples
FROM qcontact_quarantine AS entry
LEFT JOIN qcontact_ticket_link AS link ON link.remote_id = entry.remote_id
LEFT JOIN tickets AS ticket ON ticket.id = coalesce(entry.ticket_id, link.ticket_id)
WHERE entry.dismissed_at IS NULL
GROUP BY entry.error_code
UNION ALL
SELECT
    'needs_you',
    conflict.field,
    count(*)::int,
    (array_agg(coalesce(ticket.ticket_uid, left(conflict.remote_id, 40))
        ORDER BY conflict.opened_at))[1:5]
FROM qcontact_conflict AS conflict
LEFT JOIN tickets AS ticket ON ticket.id = conflict.ticket_id
WHERE conflict.kind = 'needs_you' AND conflict.resolved_at IS NULL
GROUP BY conflict.field
ORDER BY kind, tickets DESC, word;
