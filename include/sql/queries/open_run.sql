-- open_run: begin a run's record, or take it up again (a task's retry, a clear). The window that
-- was resolved first is kept, unless a backfill took the run over; a run that had ended reads it
-- anew. How its directions ended stays on record: one that is not cleared is not run again.
-- params:  job_id uuid, account, dag_id, run_id, trigger text, window_start, window_end
--          timestamptz, moves_cursor, is_dated, ends_now boolean, options jsonb, host text,
--          pid int
-- returns: one row: started_at, window_start, window_end, moves_cursor, is_dated, ends_now,
--          settled_until, attempt
-- locks:   the run's rows, until commit
WITH history AS (
    INSERT INTO sync_job_history AS job (id, started_at, status, sync_options)
    VALUES (%(job_id)s, now(), 'running', %(options)s)
    ON CONFLICT (id) DO UPDATE
    SET status = 'running', completed_at = NULL, duration_seconds = NULL, error_code = NULL,
        error_message = NULL
    RETURNING job.started_at::timestamptz
), ended AS (
    SELECT count(*) > 0 AS is_ended
    FROM sync_job_history
    WHERE id = %(job_id)s AND status <> 'running'
)
INSERT INTO qcontact_run AS run (
    job_id, account, dag_id, run_id, trigger, window_start, window_end, moves_cursor, is_dated,
    ends_now, options, host, pid
)
VALUES (
    %(job_id)s, %(account)s, %(dag_id)s, %(run_id)s, %(trigger)s, %(window_start)s,
    %(window_end)s, %(moves_cursor)s, %(is_dated)s, %(ends_now)s, %(options)s, %(host)s, %(pid)s
)
ON CONFLICT ON CONSTRAINT qcontact_run_pkey DO UPDATE
SET attempt = run.attempt + 1,
    trigger = EXCLUDED.trigger,
    window_start = CASE
        WHEN run.trigger = EXCLUDED.trigger THEN run.window_start ELSE EXCLUDED.window_start
    END,
    window_end = CASE
        WHEN run.trigger = EXCLUDED.trigger THEN run.window_end ELSE EXCLUDED.window_end
    END,
    moves_cursor = CASE
        WHEN run.trigger = EXCLUDED.trigger THEN run.moves_cursor ELSE EXCLUDED.moves_cursor
    END,
    is_dated = CASE
        WHEN run.trigger = EXCLUDED.trigger THEN run.is_dated ELSE EXCLUDED.is_dated
    END,
    ends_now = CASE
        WHEN run.trigger = EXCLUDED.trigger THEN run.ends_now ELSE EXCLUDED.ends_now
    END,
    host = EXCLUDED.host,
    pid = EXCLUDED.pid,
    heard_at = clock_timestamp(),
    settled_until = CASE
        WHEN run.trigger = EXCLUDED.trigger AND NOT (SELECT is_ended FROM ended)
            THEN run.settled_until
    END
RETURNING
    (SELECT started_at FROM history) AS started_at,
    window_start, window_end, moves_cursor, is_dated, ends_now, settled_until, attempt;
