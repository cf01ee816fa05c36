-- read_known_notes: what is known of linked tickets' notes, to separate QContact's own from ours.
-- params:  remote_ids text[], public_notes, internal_notes text[] (what is sent so, by note_type)
-- returns: one row per link: remote_id text, ticket_id uuid, received jsonb (taken back or not, by
--          QContact's id), sent_ids text[], unnamed jsonb (an array: own notes whose id in QContact is
--          not known: id, digest of what was sent or null, content or null, is_settled)
-- locks:   none
SELECT
    link.remote_id, link.ticket_id,
    coalesce(known.received, '{}') AS received,
    coalesce(known.sent_ids, '{}') AS sent_ids,
    coalesce(known.unnamed, '[]') || coalesce(waiting.unnamed, '[]') AS unnamed
FROM qcontact_ticket_link AS link
CROSS JOIN LATERAL (
    SELECT
        jsonb_object_agg(entry.remote_note_id, entry.taken_back_at IS NOT NULL)
            FILTER (WHERE entry.state = 'received') AS received,
        array_agg(entry.remote_note_id) FILTER (
            WHERE entry.state <> 'received' AND entry.remote_note_id IS NOT NULL
        ) AS sent_ids,
        jsonb_agg(
            jsonb_build_object(
                'id', entry.note_id, 'digest', entry.content_digest, 'content', note.content,
                'is_settled', entry.state NOT IN ('intended', 'doubtful')
            )
            ORDER BY entry.intended_at, entry.note_id
        ) FILTER (WHERE entry.remote_note_id IS NULL) AS unnamed
    FROM qcontact_note AS entry
    LEFT JOIN ticket_notes AS note ON note.id = entry.note_id
    WHERE entry.remote_id = link.remote_id
) AS known
CROSS JOIN LATERAL (
    -- Not sent, as far as is known: QContact may have them, where FibreFlow's backup was restored.
    SELECT jsonb_agg(
        jsonb_build_object(
            'id', note.id, 'digest', NULL, 'content', note.content, 'is_settled', false
        )
        ORDER BY note.created_at, note.id
    ) AS unnamed
    FROM ticket_notes AS note
    WHERE note.ticket_id = link.ticket_id
      AND note.note_type = ANY(%(public_notes)s::text[] || %(internal_notes)s::text[])
      AND NOT EXISTS (SELECT FROM qcontact_note AS entry WHERE entry.note_id = note.id)
) AS waiting
WHERE link.remote_id = ANY(%(remote_ids)s::text[]);
