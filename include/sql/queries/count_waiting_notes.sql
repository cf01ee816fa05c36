-- count_waiting_notes: linked tickets with notes of these kinds that never went out.
-- params:  kinds text[] (by note_type)
-- returns: one row: tickets int
-- locks:   none
SELECT count(DISTINCT link.ticket_id)::int AS tickets
FROM qcontact_ticket_link AS link
INNER JOIN ticket_notes AS note ON note.ticket_id = link.ticket_id
LEFT JOIN qcontact_note AS known ON known.note_id = note.id
WHERE link.remote_gone_at IS NULL
  AND note.note_type = ANY(%(kinds)s::text[])
  AND (known.note_id IS NULL OR known.state = 'intended');
