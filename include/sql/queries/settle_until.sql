-- settle_until: everything inbound of this run's window before this instant is settled.
-- The cursor never goes back, but it remembers who read on from it last: where QContact's clock was
-- set back, that run read less far, and the next one reads on from there.
-- params:  job_id uuid, settled_until timestamptz
-- returns: nothing
-- locks:   the run and the account's cursor, until commit
WITH run AS (
    UPDATE qcontact_run
    SET settled_until = greatest(settled_until, %(settled_until)s)
    WHERE job_id = %(job_id)s
    RETURNING account, moves_cursor, window_start
), last_reader AS (
    SELECT least(cursor.settled_until, reader.settled_until) AS settled_until
    FROM run
    INNER JOIN qcontact_cursor AS cursor ON cursor.account = run.account
    LEFT JOIN qcontact_run AS reader ON reader.job_id = cursor.job_id
)
INSERT INTO qcontact_cursor AS cursor (account, settled_until, job_id)
SELECT account, %(settled_until)s, %(job_id)s
FROM run
WHERE moves_cursor
ON CONFLICT ON CONSTRAINT qcontact_cursor_pkey DO UPDATE
SET settled_until = greatest(cursor.settled_until, EXCLUDED.settled_until),
    job_id = EXCLUDED.job_id,
    moved_at = CASE
        WHEN cursor.settled_until < EXCLUDED.settled_until THEN now() ELSE cursor.moved_at
    END
WHERE cursor.settled_until < EXCLUDED.settled_until
   OR (SELECT window_start FROM run) = (SELECT settled_until FROM last_reader);
