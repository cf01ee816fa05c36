-- release_quarantine: these tickets passed; and if QContact did not know them once, it does again.
-- params:  remote_ids text[], direction text
-- returns: nothing
-- locks:   the entries and the links of tickets that were gone, until commit
WITH found AS (
    UPDATE qcontact_ticket_link
    SET remote_gone_at = NULL
    WHERE remote_id = ANY(%(remote_ids)s::text[]) AND remote_gone_at IS NOT NULL
)
DELETE FROM qcontact_quarantine
WHERE remote_id = ANY(%(remote_ids)s::text[])
  AND (direction = %(direction)s OR error_code = 'NOT_FOUND');
