-- list_unread_notes: linked tickets that moved since their notes were read last. Of one stamp they are
-- read twice: stamps have whole seconds, and a note of the same second may come after the first time.
-- params:  remote_ids text[], stamps timestamptz[] (same order: QContact's stamp of each version, null:
--          it has none), is_forced boolean (all of them)
-- returns: rows: remote_id text
-- locks:   none
SELECT listed.remote_id
FROM unnest(%(remote_ids)s::text[], %(stamps)s::timestamptz[]) AS listed (remote_id, stamp)
INNER JOIN qcontact_ticket_link AS link ON link.remote_id = listed.remote_id
INNER JOIN tickets AS ticket ON ticket.id = link.ticket_id
WHERE %(is_forced)s
   OR listed.stamp IS NULL
   OR link.notes_reads < 2
   OR link.notes_read_for IS DISTINCT FROM listed.stamp
ORDER BY listed.remote_id;
