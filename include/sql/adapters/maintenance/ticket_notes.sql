-- ticket_notes: notes; type and visibility decide together what may leave (core.note_rules).
-- params:  none
-- returns: rows as of `ticket_notes`
-- locks:   none
SELECT
    id,
    ticket_id,
    CASE WHEN note_type IN ('client', 'internal', 'system') THEN note_type ELSE 'other' END
        || '.' || visibility AS note_type,
    content,
    created_by,
    created_at AT TIME ZONE 'UTC' AS created_at
FROM maintenance_notes
