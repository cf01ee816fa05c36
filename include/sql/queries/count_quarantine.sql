-- count_quarantine: the quarantine by direction and code, the largest part first.
-- params:  none
-- returns: rows: direction, error_code text, entries, dismissed, waiting (for a change of the ticket),
--          due (with the next run), pausing (until a later run) bigint
-- locks:   none
SELECT
    direction, error_code, count(*) AS entries,
    count(*) FILTER (WHERE dismissed_at IS NOT NULL) AS dismissed,
    count(*) FILTER (WHERE dismissed_at IS NULL AND next_try_at IS NULL) AS waiting,
    count(*) FILTER (WHERE dismissed_at IS NULL AND next_try_at <= now()) AS due,
    count(*) FILTER (WHERE dismissed_at IS NULL AND next_try_at > now()) AS pausing
FROM qcontact_quarantine
GROUP BY direction, error_code
ORDER BY entries DESC, direction, error_code;
