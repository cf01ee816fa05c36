-- The two roles of the sync and their rights. Whoever owns the database or is a superuser runs
-- this with psql, before the first `qcontact-sync migrate` and again after each one:
--
--   psql -v migrator=qcontact_migrator -v runtime=qcontact_sync -f include/sql/optional/roles.sql
--
-- The migrator owns the sync's own tables and runs `migrate`, nothing else does. The runtime role
-- runs the sync: it may read and write what the sync's statements read and write, and no more.
-- Neither gets a password here: `\password qcontact_sync` sets one. Safe to repeat; a table that
-- is not there yet is left out. The rights are those that `doctor` checks (missing_rights.sql).
--
-- A table of FibreFlow's that has another name is named the same way, as in QCONTACT_SYNC_TABLE_...:
-- `-v tickets=app.maintenance_tickets`. `-v lineage=maintenance` is QCONTACT_SYNC_SCHEMA,
-- `-v inbound_notes=notes` (or activities) QCONTACT_SYNC_INBOUND_NOTES. Columns of
-- tickets that only your mapping file names: `-v more_inserted=", created_by" -v more_updated=", client_name"`.
\set ON_ERROR_STOP on
\if :{?migrator} \else \set migrator qcontact_migrator \endif
\if :{?runtime} \else \set runtime qcontact_sync \endif
\if :{?inbound_notes} \else \set inbound_notes off \endif
\if :{?lineage} \else \set lineage fibreflow \endif
\if :{?more_inserted} \else \set more_inserted '' \endif
\if :{?more_updated} \else \set more_updated '' \endif
SELECT :'lineage' = 'maintenance' AS is_maintenance, :'lineage' = 'fibreflow' AS is_usual,
    :'inbound_notes' IN ('off', 'notes')
    OR (:'inbound_notes' = 'activities' AND :'lineage' = 'maintenance') AS knows_notes \gset
\if :knows_notes \else
    DO $$ BEGIN RAISE 'inbound_notes is off, notes, or in the lineage maintenance activities'; END $$;
\endif
\if :is_maintenance
    \if :{?tickets} \else \set tickets maintenance_tickets \endif
    \if :{?ticket_notes} \else \set ticket_notes maintenance_notes \endif
    \if :{?users} \else \set users staff \endif
    \if :{?qcontact_sync_log} \else \set qcontact_sync_log maintenance_qcontact_sync_log \endif
    \set updated 'title, description, ticket_category, priority, status, address, dr_number, pole_id, pon, project_id, zone, gps_coordinates, ont_serial, assigned_to, resolved_at, type, category, subcategory'
    \set inserted ', created_at, original_logged_date, created_by'
    \set people 'id, user_id'
    \set noted 'id, ticket_id, note_type, visibility, content, created_by, created_at'
\elif :is_usual
    \if :{?tickets} \else \set tickets tickets \endif
    \if :{?ticket_notes} \else \set ticket_notes ticket_notes \endif
    \if :{?users} \else \set users users \endif
    \if :{?qcontact_sync_log} \else \set qcontact_sync_log qcontact_sync_log \endif
    \set updated 'title, description, ticket_type, priority, status, address, dr_number, pole_number, pon_number, project_id, zone_id, gps_coordinates, ont_serial, assigned_to, closed_at'
    \set inserted ''
    \set people 'id, full_name'
    \set noted 'id, ticket_id, note_type, content, created_by, created_at, system_event, event_data'
\else
    DO $$ BEGIN RAISE 'lineage is fibreflow or maintenance'; END $$;
\endif
\if :{?sync_job_history} \else \set sync_job_history sync_job_history \endif
SELECT current_schema() AS schema \gset

BEGIN;

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY[:'migrator', :'runtime']) AS name
WHERE to_regrole(quote_ident(name)) IS NULL \gexec

GRANT CONNECT ON DATABASE :"DBNAME" TO :"migrator", :"runtime";
GRANT USAGE ON SCHEMA :"schema" TO :"migrator", :"runtime";
GRANT CREATE ON SCHEMA :"schema" TO :"migrator";

-- Where FibreFlow's tables are in other schemas. CREATE TABLE IF NOT EXISTS asks for CREATE too.
SELECT DISTINCT format('GRANT USAGE ON SCHEMA %1$I TO %2$I, %3$I; GRANT CREATE ON SCHEMA %1$I TO %2$I',
                       split_part(name, '.', 1), :'migrator', :'runtime')
FROM unnest(ARRAY[:'tickets', :'ticket_notes', :'users', :'qcontact_sync_log',
                  :'sync_job_history']) AS name
WHERE name LIKE '%.%' \gexec

-- Where another role made them before: later migrations alter them, which only an owner may. The
-- sync's own by name: a table of the app's may begin with qcontact_, too.
SELECT format('ALTER TABLE %s OWNER TO %I', oid::regclass, :'migrator')
FROM pg_class
WHERE relnamespace = to_regnamespace(quote_ident(:'schema'))
  AND (relkind = 'r' AND relname IN (
           'qcontact_migration', 'qcontact_ticket_link', 'qcontact_unlinked',
           'qcontact_listed_row', 'qcontact_note', 'qcontact_quarantine', 'qcontact_conflict',
           'qcontact_run', 'qcontact_run_direction', 'qcontact_run_error', 'qcontact_cursor',
           'qcontact_lease', 'qcontact_alert', 'qcontact_mail', 'qcontact_sample',
           'qcontact_change_mark', 'qcontact_full_comparison')
       OR relkind = 'S' AND relname = 'qcontact_ticket_uid_seq')
  AND pg_get_userbyid(relowner) <> :'migrator' \gexec

-- The functions of change_mark.sql write as their owner.
SELECT format('ALTER FUNCTION %s OWNER TO %I', oid::regprocedure, :'migrator')
FROM pg_proc
WHERE pronamespace = to_regnamespace(quote_ident(:'schema'))
  AND proname IN ('qcontact_mark_tickets', 'qcontact_mark_noted')
  AND pg_get_userbyid(proowner) <> :'migrator' \gexec

SELECT format('GRANT %s ON %s TO %I', rights, relation, :'runtime')
FROM (
    VALUES
        -- FibreFlow's. Of users only what is sent; of tickets only what comes from QContact.
        (:'tickets', 'SELECT'),
        (:'tickets', format('INSERT (id, ticket_uid, source, external_id, %s%s%s)',
             :'updated', :'inserted', :'more_inserted')),
        (:'tickets', format('UPDATE (%s%s)', :'updated', :'more_updated')),
        (:'ticket_notes', 'SELECT'),
        (:'users', format('SELECT (%s)', :'people')),
        (:'qcontact_sync_log', 'SELECT, INSERT'),
        (:'sync_job_history', 'SELECT, INSERT, UPDATE'),
        -- The sync's own.
        ('qcontact_migration', 'SELECT'),
        ('qcontact_ticket_link', 'SELECT, INSERT, UPDATE'),
        ('qcontact_unlinked', 'SELECT, INSERT, UPDATE'),
        ('qcontact_listed_row', 'SELECT, INSERT, UPDATE'),
        ('qcontact_note', 'SELECT, INSERT, UPDATE, DELETE'),
        ('qcontact_quarantine', 'SELECT, INSERT, UPDATE, DELETE'),
        ('qcontact_conflict', 'SELECT, INSERT, UPDATE, DELETE'),
        ('qcontact_run', 'SELECT, INSERT, UPDATE, DELETE'),
        ('qcontact_run_direction', 'SELECT, INSERT, UPDATE, DELETE'),
        ('qcontact_run_error', 'SELECT, INSERT, DELETE'),
        ('qcontact_cursor', 'SELECT, INSERT, UPDATE'),
        ('qcontact_lease', 'SELECT, INSERT, UPDATE'),
        ('qcontact_alert', 'SELECT, INSERT, UPDATE, DELETE'),
        ('qcontact_mail', 'SELECT, INSERT, UPDATE, DELETE'),
        ('qcontact_sample', 'SELECT, INSERT, DELETE'),
        ('qcontact_change_mark', 'SELECT, INSERT, DELETE'),
        ('qcontact_full_comparison', 'SELECT, INSERT, UPDATE, DELETE')
) AS needed (name, rights)
CROSS JOIN LATERAL (
    SELECT to_regclass(string_agg(quote_ident(part), '.' ORDER BY place)) AS relation
    FROM unnest(string_to_array(name, '.')) WITH ORDINALITY AS parts (part, place)
) AS found
WHERE relation IS NOT NULL \gexec

-- Of the lineage alone: the names of staff, and the application's own counter of ticket_uid.
SELECT format('GRANT %s ON %s TO %I', rights, relation, :'runtime')
FROM (
    VALUES
        ('users', 'SELECT (id, first_name, last_name)'),
        ('maintenance_ticket_sequences', 'SELECT, INSERT, UPDATE')
) AS needed (name, rights)
CROSS JOIN LATERAL to_regclass(name) AS relation
WHERE :'lineage' = 'maintenance' AND relation IS NOT NULL \gexec

-- Only for QCONTACT_SYNC_INBOUND_NOTES: what the call centre writes becomes notes.
SELECT format('GRANT INSERT (%s) ON %s TO %I', :'noted', relation, :'runtime')
FROM (
    SELECT to_regclass(string_agg(quote_ident(part), '.' ORDER BY place)) AS relation
    FROM unnest(string_to_array(:'ticket_notes', '.')) WITH ORDINALITY AS parts (part, place)
) AS found
WHERE :'inbound_notes' = 'notes' AND relation IS NOT NULL \gexec

-- The same, where they become rows of the application's activities.
SELECT format('GRANT SELECT (%1$s), INSERT (%1$s) ON %2$s TO %3$I', columns, relation, :'runtime')
FROM (
    VALUES (
        'id, ticket_id, external_id, activity_type, description, created_by_name, '
        'external_timestamp',
        to_regclass('maintenance_activities')
    )
) AS needed (columns, relation)
WHERE :'inbound_notes' = 'activities' AND relation IS NOT NULL \gexec

-- The next number is taken, and set past the numbers that were there before.
SELECT format('GRANT SELECT, USAGE, UPDATE ON SEQUENCE %s TO %I', sequence, :'runtime')
FROM to_regclass('qcontact_ticket_uid_seq') AS sequence
WHERE sequence IS NOT NULL \gexec

COMMIT;
