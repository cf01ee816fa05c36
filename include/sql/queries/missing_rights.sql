-- missing_rights: what the database's user may not do and the sync does. Tables that do not exist
-- are left out: the schema check names those. Where columns are given, a right on them is enough.
-- include/sql/optional/roles.sql grants exactly these.
-- params:  needed jsonb (of FibreFlow's tables: an array, see the columns below)
-- returns: rows: name text (as a GRANT writes it), privilege text
-- locks:   none
WITH own (name, privileges) AS (
    VALUES
        ('qcontact_migration', 'SELECT'),
        ('qcontact_ticket_link', 'SELECT INSERT UPDATE'),
        ('qcontact_unlinked', 'SELECT INSERT UPDATE'),
        ('qcontact_listed_row', 'SELECT INSERT UPDATE'),
        ('qcontact_note', 'SELECT INSERT UPDATE DELETE'),
        ('qcontact_quarantine', 'SELECT INSERT UPDATE DELETE'),
        ('qcontact_conflict', 'SELECT INSERT UPDATE DELETE'),
        ('qcontact_run', 'SELECT INSERT UPDATE DELETE'),
        ('qcontact_run_direction', 'SELECT INSERT UPDATE DELETE'),
        ('qcontact_run_error', 'SELECT INSERT DELETE'),
        ('qcontact_cursor', 'SELECT INSERT UPDATE'),
        ('qcontact_lease', 'SELECT INSERT UPDATE'),
        ('qcontact_alert', 'SELECT INSERT UPDATE DELETE'),
        ('qcontact_mail', 'SELECT INSERT UPDATE DELETE'),
        ('qcontact_sample', 'SELECT INSERT DELETE'),
        ('qcontact_change_mark', 'SELECT INSERT DELETE'),
        ('qcontact_full_comparison', 'SELECT INSERT UPDATE DELETE')
), needed AS (
    SELECT name, privilege, NULL::text[] AS columns
    FROM own CROSS JOIN regexp_split_to_table(privileges, ' ') AS privilege
    UNION ALL
    SELECT name, privilege, columns
    FROM jsonb_to_recordset(%(needed)s::jsonb) AS fibreflow (name text, privilege text, columns text[])
), missing AS (
    SELECT to_regclass(name)::text AS name, privilege
    FROM needed
    WHERE to_regclass(name) IS NOT NULL
      AND NOT has_table_privilege(to_regclass(name), privilege)
      AND (columns IS NULL OR EXISTS (
          SELECT FROM pg_attribute
          WHERE attrelid = to_regclass(name)
            AND attname = ANY(columns)
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
