-- withdraw_note: a note was refused and has not arrived; its intent is forgotten.
-- params:  note_id uuid
-- returns: nothing
-- locks:   the note's row, until commit
DELETE FROM qcontact_note
WHERE note_id = %(note_id)s AND state = 'intended';
