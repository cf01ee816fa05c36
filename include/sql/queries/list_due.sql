-- list_due: tickets to read by id: in quarantine with a next try that is due, longest waiting
-- first; inbound also those with a frozen field, as the list need not show what ends the conflict
-- (the sides agree by a change made here, or the policy is another now); one of them that could not
-- be read waits like the rest.
-- params:  direction text, limit int
-- returns: rows: remote_id text
-- locks:   none
SELECT remote_id
FROM (
    SELECT remote_id, next_try_at AS since
    FROM qcontact_quarantine
    WHERE direction = %(direction)s AND dismissed_at IS NULL AND next_try_at <= now()
    UNION ALL
    SELECT remote_id, settled_at
    FROM qcontact_ticket_link AS link
    WHERE %(direction)s = 'inbound' AND frozen <> '{}' AND remote_gone_at IS NULL
      AND NOT EXISTS (
          SELECT
          FROM qcontact_quarantine AS entry
          WHERE entry.remote_id = link.remote_id AND entry.direction = 'inbound'
      )
) AS due
GROUP BY remote_id
ORDER BY min(since), remote_id
LIMIT %(limit)s;
