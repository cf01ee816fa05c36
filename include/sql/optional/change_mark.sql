-- Triggers on FibreFlow's own tables by which the sync finds changes without comparing all tickets. Nothing needs
-- them, and `migrate` never makes them: the tables are another's. Their owner runs this file after `migrate`:
--
--   psql "$OWNER_URL" -f include/sql/optional/change_mark.sql
--   psql "$OWNER_URL" -v remove=1 -f include/sql/optional/change_mark.sql
--
-- Tables with another name are named as in QCONTACT_SYNC_TABLE_...: `-v tickets=app.maintenance_tickets`
-- `-v ticket_notes=maintenance_notes` (the names of the lineage maintenance). They must be tables, not views.
-- It waits for transactions that are writing these tables, for five seconds at most. Safe to repeat.
\set ON_ERROR_STOP on
\if :{?tickets} \else \set tickets tickets \endif
\if :{?ticket_notes} \else \set ticket_notes ticket_notes \endif
\if :{?remove} \else \set remove 0 \endif

BEGIN;
SET LOCAL lock_timeout = '5s';

SELECT format('DROP TRIGGER IF EXISTS %I ON %s', trigger, relation)
FROM (
    VALUES
        (:'tickets', 'qcontact_change_mark'),
        (:'ticket_notes', 'qcontact_change_mark_insert'),
        (:'ticket_notes', 'qcontact_change_mark_update')
) AS dropped (name, trigger)
CROSS JOIN LATERAL (
    SELECT string_agg(quote_ident(part), '.' ORDER BY place) AS relation
    FROM unnest(string_to_array(name, '.')) WITH ORDINALITY AS parts (part, place)
) AS found \gexec

-- A statement marks its tickets at once. ALWAYS: also where a session has switched triggers off.
SELECT format(
    'CREATE TRIGGER %1$I AFTER %2$s ON %3$s REFERENCING %4$s NEW TABLE AS rows_after '
    'FOR EACH STATEMENT EXECUTE FUNCTION %5$s(); ALTER TABLE %3$s ENABLE ALWAYS TRIGGER %1$I',
    trigger, event, relation, before, function
)
FROM (
    VALUES
        (:'tickets', 'qcontact_change_mark', 'UPDATE', 'OLD TABLE AS rows_before',
         'qcontact_mark_tickets'),
        (:'ticket_notes', 'qcontact_change_mark_insert', 'INSERT', '', 'qcontact_mark_noted'),
        (:'ticket_notes', 'qcontact_change_mark_update', 'UPDATE', '', 'qcontact_mark_noted')
) AS made (name, trigger, event, before, function)
CROSS JOIN LATERAL (
    SELECT string_agg(quote_ident(part), '.' ORDER BY place) AS relation
    FROM unnest(string_to_array(name, '.')) WITH ORDINALITY AS parts (part, place)
) AS found
WHERE :'remove' = '0' \gexec

COMMIT;
