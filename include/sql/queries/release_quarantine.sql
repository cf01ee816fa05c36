-- release_quarantine: these tickets passed. One that QContact shows is not gone (any more), so what
-- outbound says of that ends too. A doubtful note keeps its ticket's entry: a person decides.
-- What failed in an earlier try of this run and passes now is no failure of the run any more.
-- params:  remote_ids text[], direction text, job_id uuid
-- returns: nothing
-- locks:   the entries, the links of tickets that came back, the direction's row, until commit
WITH back AS (
    UPDATE qcontact_ticket_link
    SET remote_gone_at = NULL
    WHERE remote_id = ANY(%(remote_ids)s::text[]) AND remote_gone_at IS NOT NULL
), healed AS (
    DELETE FROM qcontact_run_error
    WHERE job_id = %(job_id)s
      AND direction = %(direction)s
      AND remote_id = ANY(%(remote_ids)s::text[])
    RETURNING is_again
), uncounted AS (
    UPDATE qcontact_run_direction AS direction
    SET processed    = direction.processed - healed.fresh,
        failed       = direction.failed - healed.fresh,
        failed_again = direction.failed_again - healed.again
    FROM (
        SELECT
            count(*) FILTER (WHERE NOT is_again) AS fresh,
            count(*) FILTER (WHERE is_again) AS again
        FROM healed
        HAVING count(*) > 0
    ) AS healed
    WHERE direction.job_id = %(job_id)s AND direction.direction = %(direction)s
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
