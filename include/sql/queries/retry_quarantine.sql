-- retry_quarantine: due now; a note of unknown outcome is sent again.
-- params:  ids uuid[]
-- returns: nothing
-- locks:   the entries and their doubtful notes, until commit
WITH entry AS (
    UPDATE qcontact_quarantine
    SET next_try_at = now(), dismissed_at = NULL
    WHERE id = ANY(%(ids)s::uuid[])
    RETURNING remote_id, direction
)
DELETE FROM qcontact_note AS note
USING entry
WHERE entry.direction = 'outbound'
  AND note.remote_id = entry.remote_id
  AND note.state = 'doubtful';
