-- add_note: somebody writes a note that the customer may read.
-- params:  ticket_id uuid, content text
INSERT INTO ticket_notes (id, ticket_id, note_type, content, created_at)
VALUES (GEN_RANDOM_UUID(), %(ticket_id)s, 'client', %(content)s, NOW() AT TIME ZONE 'utc')
