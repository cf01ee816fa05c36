-- record_conflicts: keep values that lost, open what waits for a person, close what agrees now.
-- A value that is about to lose is kept before it is overwritten; the same loss again, with nothing
-- settled for the ticket in between, is the same try going on and is kept once.
-- params:  conflicts jsonb (an array, see the columns below), job_id uuid
-- returns: nothing
-- locks:   the open conflicts that are closed, until commit
WITH found AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_recordset(%(conflicts)s::jsonb) AS c (
        id uuid, remote_id text, ticket_id uuid, field text, kind text, local_value text,
        remote_value text, loser text, reason text
    )
), closed AS (
    UPDATE qcontact_conflict AS conflict
    SET resolved_at = now(), resolution = found.reason
    FROM found
    WHERE found.kind = 'agreed'
      AND conflict.remote_id = found.remote_id
      AND conflict.field = found.field
      AND conflict.kind = 'needs_you'
      AND conflict.resolved_at IS NULL
)
INSERT INTO qcontact_conflict (
    id, remote_id, ticket_id, field, kind, local_value, remote_value, loser, reason, job_id,
    resolved_at
)
SELECT
    id, remote_id, ticket_id, field, kind, local_value, remote_value, loser, reason, %(job_id)s,
    CASE WHEN kind = 'settled' THEN now() END
FROM found
WHERE kind <> 'agreed'
  AND NOT EXISTS (
      SELECT
      FROM qcontact_conflict AS known
      INNER JOIN qcontact_ticket_link AS link ON link.remote_id = known.remote_id
      WHERE known.id = found.id
        AND known.kind = 'settled'
        AND found.kind = 'settled'
        AND known.opened_at >= link.settled_at
        AND (known.local_value, known.remote_value, known.loser)
            IS NOT DISTINCT FROM (found.local_value, found.remote_value, found.loser)
  )
ON CONFLICT (remote_id, field) WHERE kind = 'needs_you' AND resolved_at IS NULL DO NOTHING;
