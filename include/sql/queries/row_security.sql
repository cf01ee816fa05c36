-- row_security: FibreFlow's and the sync's tables whose policies apply to this user.
-- params:  none
-- returns: rows: name text, restrictive text (names of restrictive policies; null: none),
--          has_policy boolean (false: the user sees and writes no row at all)
-- locks:   none
SELECT
    relname::text AS name,
    (
        SELECT string_agg(polname, ', ' ORDER BY polname)
        FROM pg_policy
        WHERE polrelid = relation.oid AND NOT polpermissive
    ) AS restrictive,
    EXISTS (
        SELECT FROM pg_policy WHERE polrelid = relation.oid AND polpermissive
    ) AS has_policy
FROM pg_class AS relation
WHERE relkind IN ('r', 'p')
  AND (
      oid IN (
          to_regclass('tickets'), to_regclass('ticket_notes'), to_regclass('users'),
          to_regclass('qcontact_sync_log'), to_regclass('sync_job_history')
      )
      OR (starts_with(relname, 'qcontact_') AND pg_table_is_visible(oid))
  )
  AND row_security_active(oid)
ORDER BY relname;
