-- ticket_history: what happened to one ticket, newest first, without payloads: the audit rows, and the
-- call centre's notes at the time when they were written.
-- params:  remote_id text, limit int
-- returns: rows, see the columns; synced_at as timestamptz (FibreFlow's holds UTC without a zone);
--          before, after jsonb (values by field; null where a release before did not record them)
-- locks:   none
(
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
      AND (sync_direction, sync_type) IS DISTINCT FROM ('inbound', 'note_add')
    ORDER BY qcontact_sync_log.synced_at DESC
    LIMIT %(limit)s
)
UNION ALL
(
    SELECT
        coalesce(written_at, settled_at) AS synced_at, 'inbound', 'note_add', 'success',
        concat_ws(
            ', ',
            CASE WHEN is_internal THEN 'internal' ELSE 'public' END,
            CASE WHEN taken_back_at IS NOT NULL THEN 'taken back there since' END
        ),
        jsonb_build_object('note_id', note_id, 'is_internal', is_internal), NULL, NULL
    FROM qcontact_note
    WHERE remote_id = %(remote_id)s AND state = 'received'
    ORDER BY synced_at DESC
    LIMIT %(limit)s
)
ORDER BY synced_at DESC
LIMIT %(limit)s;
