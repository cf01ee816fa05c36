-- close_conflict: a person decided.
-- params:  remote_id text, field text, resolution text, by text (who decided)
-- returns: nothing
-- locks:   the conflict, until commit
UPDATE qcontact_conflict
SET
    resolved_at = now(),
    resolution = %(resolution)s,
    decided_by = %(by)s,
    decided_at = now()
WHERE remote_id = %(remote_id)s
  AND field = %(field)s
  AND kind = 'needs_you'
  AND resolved_at IS NULL;
