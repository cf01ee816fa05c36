-- receive_activities: bring in notes of QContact's as the application's activities, each once, with its
-- record and its audit row. One that the application brought in itself is not added.
-- params:  notes jsonb (an array, see the columns below), job_id uuid
-- returns: nothing
-- locks:   none but the rows it adds
WITH received AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_recordset(%(notes)s::jsonb) AS n (
        id uuid, ticket_id uuid, remote_id text, remote_note_id text, content text,
        is_internal boolean, author text, author_id uuid, written_at timestamptz
    )
), noted AS (
    INSERT INTO qcontact_note (
        note_id, ticket_id, remote_id, state, remote_note_id, job_id, settled_at, written_at,
        is_internal
    )
    SELECT
        id, ticket_id, remote_id, 'received', remote_note_id, %(job_id)s, now(), written_at,
        is_internal
    FROM received
    ON CONFLICT DO NOTHING
    RETURNING note_id
), made AS (
    INSERT INTO maintenance_activities (
        id, ticket_id, external_id, activity_type, description, created_by_name,
        external_timestamp
    )
    SELECT
        received.id, received.ticket_id, 'qc-' || received.remote_note_id, 'note',
        received.content, left(received.author, 255), coalesce(received.written_at, now())
    FROM received
    INNER JOIN noted ON noted.note_id = received.id
    WHERE NOT EXISTS (
        SELECT
        FROM maintenance_activities AS shown
        WHERE shown.ticket_id = received.ticket_id
          AND shown.external_id = 'qc-' || received.remote_note_id
    )
    ON CONFLICT DO NOTHING
)
INSERT INTO maintenance_qcontact_sync_log (
    ticket_id, qcontact_ticket_id, sync_direction, sync_type, request_payload, response_payload,
    status
)
SELECT
    received.ticket_id, received.remote_id, 'inbound', 'note_add',
    jsonb_build_object('note_id', received.id, 'is_internal', received.is_internal),
    jsonb_build_object('id', received.remote_note_id), 'success'
FROM received
INNER JOIN noted ON noted.note_id = received.id;
