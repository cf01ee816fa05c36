-- hold_back_notes: notes that are older than the link never go out.
-- params:  ticket_ids uuid[] (tickets adopted just now), job_id uuid
-- returns: nothing
-- locks:   none but the rows it adds
INSERT INTO qcontact_note (note_id, ticket_id, remote_id, state, job_id, settled_at)
SELECT note.id, note.ticket_id, link.remote_id, 'before_link', %(job_id)s, now()
FROM ticket_notes AS note
INNER JOIN qcontact_ticket_link AS link ON link.ticket_id = note.ticket_id
WHERE note.ticket_id = ANY(%(ticket_ids)s::uuid[]) AND split_part(note.note_type, '.', 1) <> 'system'
ON CONFLICT ON CONSTRAINT qcontact_note_pkey DO NOTHING;
