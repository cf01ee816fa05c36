-- retry_quarantine: due now; a note of unknown outcome is sent again, and a ticket that QContact
-- did not know any more is asked for again.
-- params:  ids uuid[], by text (who decided)
-- returns: nothing
-- locks:   the entries, their doubtful notes and the links of tickets that were gone, until commit
WITH entry AS (
    UPDATE qcontact_quarantine
    SET
        next_try_at = now(),
        dismissed_at = NULL,
        decision = 'retry',
        decided_by = %(by)s,
        decided_at = now()
    WHERE id = ANY(%(ids)s::uuid[])
    RETURNING remote_id, direction
), back AS (
    UPDATE qcontact_ticket_link AS link
    SET remote_gone_at = NULL
    FROM entry
    WHERE entry.direction = 'outbound'
      AND link.remote_id = entry.remote_id
      AND link.remote_gone_at IS NOT NULL
)
DELETE FROM qcontact_note AS note
USING entry
WHERE entry.direction = 'outbound'
  AND note.remote_id = entry.remote_id
  AND note.state = 'doubtful';
