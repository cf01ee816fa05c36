-- audit_run: one summary row per direction each time a run was carried out; settling it once more
-- (a retried task) adds none, a run that was cleared is carried out again.
-- params:  job_id uuid, direction text, status text, stats jsonb, error_message text
-- returns: nothing
-- locks:   none but the row it adds
INSERT INTO qcontact_sync_log (
    id, sync_direction, sync_type, response_payload, status, error_message
)
SELECT
    md5(concat_ws('/', job_id, attempt, %(direction)s::text))::uuid,
    %(direction)s, 'full_sync', %(stats)s, %(status)s, %(error_message)s
FROM qcontact_run
WHERE job_id = %(job_id)s
ON CONFLICT DO NOTHING;
