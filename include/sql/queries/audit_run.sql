-- audit_run: one summary row per run and direction.
-- params:  direction text, status text, stats jsonb, error_message text
-- returns: nothing
-- locks:   none but the row it adds
INSERT INTO qcontact_sync_log (
    sync_direction, sync_type, response_payload, status, error_message
)
VALUES (%(direction)s, 'full_sync', %(stats)s, %(status)s, %(error_message)s);
