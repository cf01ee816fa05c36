-- list_due: tickets in quarantine whose next try is due, longest waiting first.
-- params:  direction text, limit int
-- returns: rows: remote_id text
-- locks:   none
SELECT remote_id
FROM qcontact_quarantine
WHERE direction = %(direction)s AND dismissed_at IS NULL AND next_try_at <= now()
ORDER BY next_try_at, remote_id
LIMIT %(limit)s;
