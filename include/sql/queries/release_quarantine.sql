-- release_quarantine: these tickets passed.
-- params:  remote_ids text[], direction text
-- returns: nothing
-- locks:   the entries, until commit
DELETE FROM qcontact_quarantine
WHERE remote_id = ANY(%(remote_ids)s::text[]) AND direction = %(direction)s;
