-- dismiss_quarantine: not again until the ticket changes; a note of unknown outcome counts as sent.
-- params:  ids uuid[], by text (who decided)
-- returns: nothing
-- locks:   the entries and their doubtful notes, until commit
WITH entry AS (
    UPDATE qcontact_quarantine
    SET
        dismissed_at = now(),
        decision = 'dismiss',
        decided_by = %(by)s,
        decided_at = now()
    WHERE id = ANY(%(ids)s::uuid[])
    RETURNING remote_id, direction
)
UPDATE qcontact_note AS note
SET state = 'dismissed', settled_at = now()
FROM entry
WHERE entry.direction = 'outbound'
  AND note.remote_id = entry.remote_id
  AND note.state = 'doubtful';
