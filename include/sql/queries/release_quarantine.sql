-- release_quarantine: these tickets passed. One that QContact shows is not gone (any more), so what
-- outbound says of that ends too. A doubtful note keeps its ticket's entry: a person decides.
-- params:  remote_ids text[], direction text
-- returns: nothing
-- locks:   the entries and the links of tickets that came back, until commit
WITH back AS (
    UPDATE qcontact_ticket_link
    SET remote_gone_at = NULL
    WHERE remote_id = ANY(%(remote_ids)s::text[]) AND remote_gone_at IS NOT NULL
)
DELETE FROM qcontact_quarantine AS entry
WHERE entry.remote_id = ANY(%(remote_ids)s::text[])
  AND (
      entry.direction = %(direction)s
      OR (entry.direction = 'outbound' AND entry.error_code = 'NOT_FOUND')
  )
  AND NOT (
      entry.direction = 'outbound'
      AND EXISTS (
          SELECT
          FROM qcontact_note AS note
          WHERE note.remote_id = entry.remote_id AND note.state = 'doubtful'
      )
  );
