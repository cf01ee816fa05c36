-- record_choices: put on record what a person decided about fields: an open conflict is closed, and
-- of any other difference both values are kept, as of a conflict that is resolved.
-- params:  choices jsonb (an array, see the columns below), resolution text, by text (who decided)
-- returns: nothing
-- locks:   the open conflicts that are closed, until commit
WITH chosen AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_recordset(%(choices)s::jsonb) AS c (
        id uuid, remote_id text, ticket_id uuid, field text, local_value text, remote_value text,
        loser text, reason text
    )
), closed AS (
    UPDATE qcontact_conflict AS conflict
    SET
        resolved_at = now(),
        resolution = %(resolution)s,
        decided_by = %(by)s,
        decided_at = now()
    FROM chosen
    WHERE conflict.remote_id = chosen.remote_id
      AND conflict.field = chosen.field
      AND conflict.kind = 'needs_you'
      AND conflict.resolved_at IS NULL
    RETURNING conflict.remote_id, conflict.field
)
INSERT INTO qcontact_conflict (
    id, remote_id, ticket_id, field, kind, local_value, remote_value, loser, reason, resolved_at,
    resolution, decided_by, decided_at
)
SELECT
    id, remote_id, ticket_id, field, 'settled', local_value, remote_value, loser, reason, now(),
    %(resolution)s, %(by)s, now()
FROM chosen
WHERE NOT EXISTS (
    SELECT FROM closed WHERE closed.remote_id = chosen.remote_id AND closed.field = chosen.field
);
