-- settle_read_notes: what a list of notes said beside the new ones: ids of own notes, what was taken
-- back or is listed again, and which version of each ticket the list belongs to.
-- params:  named jsonb (an array: note_id, remote_note_id), taken_back jsonb (an array: remote_id,
--          remote_note_id, is_back), remote_ids text[], stamps timestamptz[] (same order)
-- returns: nothing
-- locks:   the rows changed, until commit
WITH named AS (
    UPDATE qcontact_note AS entry
    SET remote_note_id = found.remote_note_id
    FROM jsonb_to_recordset(%(named)s::jsonb) AS found (note_id uuid, remote_note_id text)
    WHERE entry.note_id = found.note_id AND entry.remote_note_id IS NULL
), taken_back AS (
    UPDATE qcontact_note AS entry
    SET taken_back_at = CASE WHEN found.is_back THEN now() END
    FROM jsonb_to_recordset(%(taken_back)s::jsonb) AS found (
        remote_id text, remote_note_id text, is_back boolean
    )
    WHERE entry.remote_id = found.remote_id
      AND entry.remote_note_id = found.remote_note_id
      AND entry.state = 'received'
)
UPDATE qcontact_ticket_link AS link
SET
    notes_read_for = listed.stamp,
    notes_reads = CASE WHEN link.notes_read_for = listed.stamp THEN link.notes_reads + 1 ELSE 1 END
FROM unnest(%(remote_ids)s::text[], %(stamps)s::timestamptz[]) AS listed (remote_id, stamp)
WHERE link.remote_id = listed.remote_id;
