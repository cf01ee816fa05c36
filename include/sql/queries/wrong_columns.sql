-- wrong_columns: what FibreFlow's tables lack of what the sync reads and writes, or have of another
-- type. The letter is PostgreSQL's category of types: S text, D dates, N numbers, G shapes, U others.
-- params:  none
-- returns: rows: name text, column_name text (null: there is no such table), type text (null: there
--          is no such column)
-- locks:   none
WITH needed (name, columns) AS (
    VALUES
        ('tickets',
         'id:U ticket_uid:S source:S external_id:S title:S description:S ticket_type:S priority:S '
         'status:S address:S dr_number:S pole_number:S pon_number:S project_id:U zone_id:U '
         'gps_coordinates:G ont_serial:S assigned_to:U created_at:D updated_at:D closed_at:D'),
        ('ticket_notes', 'id:U ticket_id:U note_type:S content:S created_at:D'),
        ('users', 'id:U full_name:S'),
        ('qcontact_sync_log',
         'ticket_id:U qcontact_ticket_id:S sync_direction:S sync_type:S request_payload:U '
         'response_payload:U status:S error_message:S synced_at:D'),
        ('sync_job_history',
         'id:U started_at:D completed_at:D duration_seconds:N status:S total_processed:N '
         'total_success:N total_failed:N success_rate:N inbound_processed:N inbound_success:N '
         'inbound_failed:N outbound_processed:N outbound_success:N outbound_failed:N '
         'error_message:S error_code:S sync_options:U sync_result:U created_at:D')
), wanted AS (
    SELECT
        name, to_regclass(name) AS relation, split_part(pair, ':', 1) AS column_name,
        split_part(pair, ':', 2) AS category
    FROM needed CROSS JOIN regexp_split_to_table(columns, ' ') AS pair
)
SELECT DISTINCT
    wanted.name,
    CASE WHEN wanted.relation IS NOT NULL THEN wanted.column_name END AS column_name,
    format_type(found.atttypid, found.atttypmod) AS type
FROM wanted
LEFT JOIN pg_attribute AS found
    ON found.attrelid = wanted.relation AND found.attname = wanted.column_name
   AND NOT found.attisdropped
LEFT JOIN pg_type AS kind ON kind.oid = found.atttypid
WHERE kind.typcategory IS DISTINCT FROM wanted.category::"char"
ORDER BY wanted.name, column_name;
