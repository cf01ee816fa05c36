-- list_notes_to_send: notes of these tickets that never went out, oldest first.
-- params:  remote_ids text[], public_notes, internal_notes text[] (what is sent so, by note_type)
-- returns: rows: remote_id text, id uuid, ticket_id uuid, content text, is_internal boolean,
--          author_id text, is_intended boolean (an earlier run was about to send it), equal_before,
--          version text (changes with the content), sent_ids text[] (of the ticket's notes that
--          went out, as QContact names them), sent_unnamed bigint (went out, and it did not say)
-- locks:   none
SELECT
    link.remote_id, note.id, note.ticket_id, note.content,
    note.note_type = ANY(%(internal_notes)s::text[]) AS is_internal, note.created_by::text AS author_id,
    known.note_id IS NOT NULL AS is_intended, known.equal_before,
    note.id::text || md5(note.content) AS version, sent.sent_ids, sent.sent_unnamed
FROM qcontact_ticket_link AS link
INNER JOIN ticket_notes AS note ON note.ticket_id = link.ticket_id
LEFT JOIN qcontact_note AS known ON known.note_id = note.id
CROSS JOIN LATERAL (
    SELECT
        array_remove(array_agg(remote_note_id), NULL) AS sent_ids,
        count(*) FILTER (WHERE remote_note_id IS NULL) AS sent_unnamed
    FROM qcontact_note
    WHERE remote_id = link.remote_id AND state IN ('sent', 'dismissed')
) AS sent
WHERE link.remote_id = ANY(%(remote_ids)s::text[])
  AND note.note_type = ANY(%(public_notes)s::text[] || %(internal_notes)s::text[])
  AND (known.note_id IS NULL OR known.state = 'intended')
ORDER BY link.remote_id, note.created_at, note.id;
