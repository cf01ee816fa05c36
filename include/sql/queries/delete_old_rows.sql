-- delete_old_rows: the sync's own rows that nobody needs any more. FibreFlow's tables, the audit
-- log and the history among them, are never touched; what is open stays however old it is.
-- params:  days int
-- returns: one row: runs, errors, conflicts, mails, samples bigint (deleted)
-- locks:   the rows deleted, until commit
WITH old AS MATERIALIZED (
    SELECT job_id
    FROM qcontact_run
    WHERE heard_at < now() - make_interval(days => %(days)s)
      AND job_id NOT IN (SELECT job_id FROM qcontact_cursor)
), errors AS (
    DELETE FROM qcontact_run_error WHERE job_id IN (SELECT job_id FROM old) RETURNING 1
), directions AS (
    DELETE FROM qcontact_run_direction WHERE job_id IN (SELECT job_id FROM old)
), runs AS (
    DELETE FROM qcontact_run WHERE job_id IN (SELECT job_id FROM old) RETURNING 1
), conflicts AS (
    DELETE FROM qcontact_conflict
    WHERE opened_at < now() - make_interval(days => %(days)s)
      AND (kind = 'settled' OR resolved_at IS NOT NULL)
    RETURNING 1
), mails AS (
    DELETE FROM qcontact_mail
    WHERE created_at < now() - make_interval(days => %(days)s) AND sent_at IS NOT NULL
    RETURNING 1
), samples AS (
    DELETE FROM qcontact_sample
    WHERE compared_at < now() - make_interval(days => %(days)s)
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM runs) AS runs,
    (SELECT count(*) FROM errors) AS errors,
    (SELECT count(*) FROM conflicts) AS conflicts,
    (SELECT count(*) FROM mails) AS mails,
    (SELECT count(*) FROM samples) AS samples;
