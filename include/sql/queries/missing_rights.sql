-- missing_rights: what the database's user may not do and the sync does. Tables that do not exist
-- are left out: the schema check names those. Where columns are given, a right on them is enough.
-- include/sql/optional/roles.sql grants exactly these.
-- params:  none
-- returns: rows: name text, privilege text
-- locks:   none
WITH needed (name, privileges, columns) AS (
    VALUES
        ('tickets', 'SELECT', NULL),
        ('tickets', 'INSERT', 'id ticket_uid source external_id title description ticket_type
            priority status address dr_number pole_number pon_number project_id zone_id
            gps_coordinates ont_serial assigned_to closed_at'),
        ('tickets', 'UPDATE', 'title description ticket_type priority status address dr_number
            pole_number pon_number project_id zone_id gps_coordinates ont_serial assigned_to
            closed_at'),
        ('ticket_notes', 'SELECT', NULL),
        ('users', 'SELECT', 'id full_name'),
        ('qcontact_sync_log', 'SELECT INSERT', NULL),
        ('sync_job_history', 'SELECT INSERT UPDATE', NULL),
        ('qcontact_migration', 'SELECT', NULL),
        ('qcontact_ticket_link', 'SELECT INSERT UPDATE', NULL),
        ('qcontact_unlinked', 'SELECT INSERT UPDATE', NULL),
        ('qcontact_listed_row', 'SELECT INSERT UPDATE', NULL),
        ('qcontact_note', 'SELECT INSERT UPDATE DELETE', NULL),
        ('qcontact_quarantine', 'SELECT INSERT UPDATE DELETE', NULL),
        ('qcontact_conflict', 'SELECT INSERT UPDATE DELETE', NULL),
        ('qcontact_run', 'SELECT INSERT UPDATE DELETE', NULL),
        ('qcontact_run_direction', 'SELECT INSERT UPDATE DELETE', NULL),
        ('qcontact_run_error', 'SELECT INSERT DELETE', NULL),
        ('qcontact_cursor', 'SELECT INSERT UPDATE', NULL),
        ('qcontact_lease', 'SELECT INSERT UPDATE', NULL),
        ('qcontact_alert', 'SELECT INSERT UPDATE DELETE', NULL),
        ('qcontact_mail', 'SELECT INSERT UPDATE DELETE', NULL),
        ('qcontact_sample', 'SELECT INSERT DELETE', NULL)
), missing AS (
    SELECT name, privilege
    FROM needed CROSS JOIN regexp_split_to_table(privileges, ' ') AS privilege
    WHERE to_regclass(name) IS NOT NULL
      AND NOT has_table_privilege(to_regclass(name), privilege)
      AND (columns IS NULL OR EXISTS (
          SELECT FROM pg_attribute
          WHERE attrelid = to_regclass(name)
            AND attname = ANY(regexp_split_to_array(columns, '\s+'))
            AND NOT has_column_privilege(attrelid, attnum, privilege)
      ))
    UNION ALL
    -- The next number is taken, and set past the numbers that were there before.
    SELECT 'qcontact_ticket_uid_seq', privilege
    FROM unnest(ARRAY['SELECT', 'USAGE', 'UPDATE']) AS privilege
    WHERE to_regclass('qcontact_ticket_uid_seq') IS NOT NULL
      AND NOT has_sequence_privilege(to_regclass('qcontact_ticket_uid_seq'), privilege)
)
SELECT name, privilege
FROM missing
ORDER BY name, privilege;
