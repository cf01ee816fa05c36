-- unwritable_columns: why a row of the sync's cannot be written into FibreFlow's tables, though
-- columns and rights are there. A column is given with the most characters that the sync must get
-- into it; 0: any length.
-- params:  none
-- returns: rows: name text, column_name text (null: the table as a whole), problem text (required,
--          generated, short, computed, view, rule), detail text (the length or rule; may be null)
-- locks:   none
WITH written (name, columns) AS (
    VALUES
        ('tickets',
         'id:0 ticket_uid:8 source:8 external_id:10 title:255 description:0 ticket_type:16 '
         'priority:8 status:16 address:0 dr_number:50 pole_number:50 pon_number:50 project_id:0 '
         'zone_id:0 gps_coordinates:0 ont_serial:100 assigned_to:0 closed_at:0'),
        ('qcontact_sync_log',
         'id:0 ticket_id:0 qcontact_ticket_id:10 sync_direction:8 sync_type:13 request_payload:0 '
         'response_payload:0 status:7 error_message:0'),
        ('sync_job_history',
         'id:0 started_at:0 completed_at:0 duration_seconds:0 status:7 total_processed:0 '
         'total_success:0 total_failed:0 success_rate:0 inbound_processed:0 inbound_success:0 '
         'inbound_failed:0 outbound_processed:0 outbound_success:0 outbound_failed:0 '
         'error_message:0 error_code:20 sync_options:0 sync_result:0')
), relations AS (
    SELECT name, columns, pg_class.oid, relkind
    FROM written JOIN pg_class ON pg_class.oid = to_regclass(name)
), needed AS (
    SELECT
        name, oid, relkind, split_part(pair, ':', 1) AS column_name,
        split_part(pair, ':', 2)::int AS characters
    FROM relations CROSS JOIN regexp_split_to_table(columns, ' ') AS pair
), found AS (
    SELECT
        relations.name, attname::text AS column_name, attnotnull, atthasdef, attidentity::text,
        attgenerated::text, needed.characters, relations.oid, attnum, relations.relkind,
        CASE WHEN atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND atttypmod > 4
            THEN atttypmod - 4
        END AS room
    FROM relations
    JOIN pg_attribute ON attrelid = relations.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN needed ON needed.oid = relations.oid AND needed.column_name = attname
), problems AS (
    SELECT name, column_name, 'required' AS problem, NULL AS detail
    FROM found
    WHERE characters IS NULL AND attnotnull AND NOT atthasdef AND attidentity = ''
    UNION ALL
    SELECT name, column_name, 'generated', NULL
    FROM found
    WHERE characters IS NOT NULL AND (attgenerated <> '' OR attidentity = 'a')
    UNION ALL
    SELECT name, column_name, 'short', room || ' of ' || characters
    FROM found
    WHERE room < characters
    UNION ALL
    SELECT name, column_name, 'computed', NULL
    FROM found
    WHERE characters IS NOT NULL AND relkind = 'v'
      AND pg_relation_is_updatable(oid, true) & 12 = 12
      AND NOT pg_column_is_updatable(oid, attnum, true)
    UNION ALL
    -- 4: updates, 8: inserts; by the view itself or by its triggers.
    SELECT name, NULL, 'view', NULL
    FROM relations
    WHERE relkind = 'm' OR (relkind = 'v' AND pg_relation_is_updatable(oid, true) & 12 <> 12)
    UNION ALL
    -- PostgreSQL takes no rule of these kinds where several tables are written in one statement.
    SELECT name, NULL, 'rule', rulename::text
    FROM relations JOIN pg_rewrite ON ev_class = relations.oid
    WHERE ev_type IN ('2', '3')
)
SELECT name, column_name, problem, detail
FROM problems
ORDER BY name, column_name, problem, detail;
