-- settle_until: everything inbound of this run's window before this instant is settled.
-- params:  job_id uuid, settled_until timestamptz
-- returns: nothing
-- locks:   the run and the account's cursor, until commit
WITH run AS (
    UPDATE qcontact_run
    SET settled_until = greatest(settled_until, %(settled_until)s)
    WHERE job_id = %(job_id)s
    RETURNING account, moves_cursor
)
INSERT INTO qcontact_cursor AS cursor (account, settled_until, job_id)
SELECT account, %(settled_until)s, %(job_id)s
FROM run
WHERE moves_cursor
ON CONFLICT ON CONSTRAINT qcontact_cursor_pkey DO UPDATE
SET settled_until = EXCLUDED.settled_until, job_id = EXCLUDED.job_id, moved_at = now()
WHERE cursor.settled_until < EXCLUDED.settled_until;
