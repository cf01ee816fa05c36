-- ticket_notes: notes; what may leave is decided by their visibility.
-- params:  none
-- returns: rows as of `ticket_notes`
-- locks:   none
SELECT
    id,
    ticket_id,
    CASE
        WHEN note_type = 'system' THEN 'system'
        WHEN visibility = 'public' THEN 'client'
        ELSE 'internal'
    END AS note_type,
    content,
    created_by,
    created_at AT TIME ZONE 'UTC' AS created_at
FROM maintenance_notes
