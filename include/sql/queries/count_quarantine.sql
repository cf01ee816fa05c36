-- count_quarantine: the quarantine by direction and code, the largest part first.
-- params:  none
-- returns: rows: direction, error_code text, entries, dismissed, waiting (for a change of the ticket),
--          due (with the next run), pausing (until a later run) bigint
-- locks:   none
SELECT
    direction, error_code, count(*) AS entries,
    count(*) FILTER (WHERE stand.state = 'dismissed') AS dismissed,
    count(*) FILTER (WHERE stand.state = 'waiting') AS waiting,
    count(*) FILTER (WHERE stand.state = 'due') AS due,
    count(*) FILTER (WHERE stand.state = 'pausing') AS pausing
FROM qcontact_quarantine AS entry
CROSS JOIN LATERAL (
    -- As in `list_quarantine`.
    SELECT CASE
        WHEN entry.dismissed_at IS NOT NULL THEN 'dismissed'
        WHEN entry.next_try_at IS NULL THEN 'waiting'
        WHEN entry.next_try_at <= now() THEN 'due'
        ELSE 'pausing'
    END AS state
) AS stand
GROUP BY direction, error_code
ORDER BY entries DESC, direction, error_code;
