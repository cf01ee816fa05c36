-- note_full_comparison: all tickets were compared and marked just now.
-- params:  triggers text (as of `read_change_mark`, read before),
--          public_notes, internal_notes text[] (what is sent so, by note_type)
-- returns: nothing
-- locks:   the row, until commit
INSERT INTO qcontact_full_comparison (triggers, note_types)
VALUES (%(triggers)s, %(public_notes)s::text[] || %(internal_notes)s::text[])
ON CONFLICT ON CONSTRAINT qcontact_full_comparison_pkey DO UPDATE
SET triggers = EXCLUDED.triggers, note_types = EXCLUDED.note_types, compared_at = now();
