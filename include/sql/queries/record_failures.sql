-- record_failures: put tickets into quarantine, with their audit rows and the run's error entries.
-- A version of null is that of the entry: the ticket could not be read.
-- A pause doubles from one hour to a week; after eight tries of one version only a change helps.
-- params:  failures jsonb (an array, see the columns below), direction text, job_id uuid,
--          audits boolean (false: FibreFlow's database refuses the audit rows)
-- returns: one row: newly_failed bigint, failed_again bigint (tickets, once per run), audited bigint
-- locks:   the quarantine entries, until commit
WITH failure AS MATERIALIZED (
    SELECT
        f.remote_id, f.ticket_id, f.sync_type, coalesce(f.version, known.version) AS version,
        f.error_code, f.error_message, f.recoverable, known.remote_id IS NOT NULL AS is_again
    FROM jsonb_to_recordset(%(failures)s::jsonb) AS f (
        remote_id text, ticket_id uuid, sync_type text, version text, error_code text,
        error_message text, recoverable boolean
    )
    LEFT JOIN qcontact_quarantine AS known
        ON known.remote_id = f.remote_id
        AND known.direction = %(direction)s
        AND known.version IS NOT DISTINCT FROM coalesce(f.version, known.version)
), entered AS (
    INSERT INTO qcontact_quarantine AS entry (
        remote_id, direction, ticket_id, sync_type, version, error_code, error_message,
        next_try_at, job_id
    )
    SELECT
        remote_id, %(direction)s, ticket_id, sync_type, version, error_code, error_message,
        CASE WHEN recoverable THEN now() + interval '1 hour' END, %(job_id)s
    FROM failure
    ON CONFLICT ON CONSTRAINT qcontact_quarantine_ticket_key DO UPDATE
    SET ticket_id      = coalesce(EXCLUDED.ticket_id, entry.ticket_id),
        sync_type      = EXCLUDED.sync_type,
        version        = EXCLUDED.version,
        error_code     = EXCLUDED.error_code,
        error_message  = EXCLUDED.error_message,
        attempts       = CASE
            WHEN entry.version IS DISTINCT FROM EXCLUDED.version THEN 1 ELSE entry.attempts + 1
        END,
        last_failed_at = now(),
        next_try_at    = CASE
            WHEN EXCLUDED.next_try_at IS NULL THEN NULL
            WHEN entry.version IS DISTINCT FROM EXCLUDED.version THEN EXCLUDED.next_try_at
            WHEN entry.attempts < 8
                THEN now() + least(interval '1 hour' * 2 ^ entry.attempts, interval '7 days')
        END,
        dismissed_at   = CASE
            WHEN entry.version IS NOT DISTINCT FROM EXCLUDED.version THEN entry.dismissed_at
        END,
        job_id         = EXCLUDED.job_id
), audited AS (
    INSERT INTO qcontact_sync_log (
        ticket_id, qcontact_ticket_id, sync_direction, sync_type, status, error_message
    )
    SELECT
        ticket_id, left(remote_id, 100), %(direction)s, sync_type, 'failed',
        error_code || ': ' || error_message
    FROM failure
    WHERE %(audits)s
    RETURNING 1
), listed AS (
    INSERT INTO qcontact_run_error (
        job_id, direction, remote_id, ticket_id, sync_type, error_code, error_message,
        recoverable, is_again
    )
    SELECT
        %(job_id)s, %(direction)s, remote_id, ticket_id, sync_type, error_code, error_message,
        recoverable, is_again
    FROM failure
    ON CONFLICT ON CONSTRAINT qcontact_run_error_pkey DO NOTHING
    RETURNING is_again
)
SELECT
    count(*) FILTER (WHERE NOT is_again) AS newly_failed,
    count(*) FILTER (WHERE is_again) AS failed_again,
    (SELECT count(*) FROM audited) AS audited
FROM listed;
