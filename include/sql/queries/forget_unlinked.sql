-- forget_unlinked: ids that a person mistyped do not stay in quarantine. Of a case that was gone, the
-- row that the list showed is not believed any more: it may come back with the same one.
-- params:  remote_ids text[]
-- returns: nothing
-- locks:   the entries and rows, until commit
WITH doubted AS (
    UPDATE qcontact_listed_row AS listed
    SET digest = '?'
    WHERE listed.remote_id = ANY(%(remote_ids)s::text[])
      AND NOT EXISTS (
          SELECT FROM qcontact_ticket_link AS link WHERE link.remote_id = listed.remote_id
      )
)
DELETE FROM qcontact_quarantine
WHERE remote_id = ANY(%(remote_ids)s::text[])
  AND error_code = 'NOT_FOUND'
  AND NOT EXISTS (
      SELECT FROM qcontact_ticket_link AS link WHERE link.remote_id = qcontact_quarantine.remote_id
  );
