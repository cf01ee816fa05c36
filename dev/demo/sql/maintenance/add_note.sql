-- add_note: somebody writes a note that must go out: of type internal, and public.
-- params:  ticket_id uuid, content text
INSERT INTO maintenance_notes (ticket_id, note_type, visibility, content)
VALUES (%(ticket_id)s, 'internal', 'public', %(content)s)
