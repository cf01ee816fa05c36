-- ticket_history: the audit rows of one ticket, newest first, without payloads.
-- params:  remote_id text, limit int
-- returns: rows, see the columns; synced_at as timestamptz (FibreFlow's holds UTC without a zone);
--          before, after jsonb (values by field; null where a release before did not record them)
-- locks:   none
SELECT
    synced_at AT TIME ZONE 'UTC' AS synced_at, sync_direction, sync_type, status, error_message,
    coalesce(request_payload -> 'fields', request_payload) AS what,
    CASE sync_direction
        WHEN 'inbound' THEN request_payload ELSE response_payload
    END -> 'before' AS before,
    CASE sync_direction
        WHEN 'inbound' THEN request_payload -> 'after' ELSE request_payload
    END AS after
FROM qcontact_sync_log
WHERE qcontact_ticket_id = %(remote_id)s
ORDER BY qcontact_sync_log.synced_at DESC
LIMIT %(limit)s;
