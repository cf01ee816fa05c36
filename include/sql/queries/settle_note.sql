-- settle_note: a note's outcome: it has arrived, or whether it did cannot be known.
-- params:  note_id uuid, state text, remote_note_id text, job_id uuid
-- returns: nothing
-- locks:   the note's row, until commit
UPDATE qcontact_note
SET state = %(state)s, remote_note_id = %(remote_note_id)s, settled_at = now(), job_id = %(job_id)s
WHERE note_id = %(note_id)s;
