-- forget_unlinked: ids that a person mistyped do not stay in quarantine.
-- params:  remote_ids text[]
-- returns: nothing
-- locks:   the entries, until commit
DELETE FROM qcontact_quarantine
WHERE remote_id = ANY(%(remote_ids)s::text[])
  AND error_code = 'NOT_FOUND'
  AND NOT EXISTS (
      SELECT FROM qcontact_ticket_link AS link WHERE link.remote_id = qcontact_quarantine.remote_id
  );
