-- missing_rights: what the database's user may not do and the sync does. Tables that do not exist
-- are left out: the schema check names those.
-- params:  none
-- returns: rows: name text, privilege text
-- locks:   none
WITH needed (name, privileges) AS (
    VALUES
        ('tickets', 'SELECT INSERT UPDATE'),
        ('ticket_notes', 'SELECT'),
        ('users', 'SELECT'),
        ('qcontact_sync_log', 'SELECT INSERT'),
        ('sync_job_history', 'SELECT INSERT UPDATE'),
        ('qcontact_migration', 'SELECT'),
        ('qcontact_ticket_link', 'SELECT INSERT UPDATE'),
        ('qcontact_unlinked', 'SELECT INSERT UPDATE'),
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
        ('qcontact_sample', 'SELECT INSERT DELETE')
), missing AS (
    SELECT name, privilege
    FROM needed CROSS JOIN regexp_split_to_table(privileges, ' ') AS privilege
    WHERE to_regclass(name) IS NOT NULL
      AND NOT has_table_privilege(to_regclass(name), privilege)
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
