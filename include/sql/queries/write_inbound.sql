-- write_inbound: carry out a batch of decisions: rows, links and audit in one statement. A trigger, a
-- rule or a row level security policy may keep a row as it was and raise nothing.
-- params:  decisions jsonb (an array, see the columns below; gps_coordinates is "lat,lon"), job_id uuid
-- returns: rows, one for each decision that was not carried out as given: remote_id text,
--          table_name text (where it was dropped)
-- locks:   the rows written, until commit
WITH decision AS MATERIALIZED (
    SELECT
        d.*,
        point(
            split_part(d.gps_coordinates, ',', 2)::float8,
            split_part(d.gps_coordinates, ',', 1)::float8
        ) AS location
    FROM jsonb_to_recordset(%(decisions)s::jsonb) AS d (
        kind text, has_writes boolean, remote_id text, ticket_id uuid, ticket_uid text,
        title text, description text, ticket_type text, priority text, status text,
        address text, dr_number text, pole_number text, pon_number text, project_id uuid,
        zone_id uuid, gps_coordinates text, ont_serial text, assigned_to uuid,
        closes boolean, reopens boolean, base_status_local text, base_assigned_local uuid,
        base_remote jsonb, fingerprint text, remote_updated_at timestamptz, frozen text[],
        turns jsonb,
        sync_type text, audit_status text, warning text, written jsonb, payload jsonb
    )
), created AS (
    INSERT INTO tickets (
        id, ticket_uid, source, external_id, title, description, ticket_type, priority, status,
        address, dr_number, pole_number, pon_number, project_id, zone_id, gps_coordinates,
        ont_serial, assigned_to, closed_at
    )
    SELECT
        ticket_id, ticket_uid, 'qcontact', remote_id, title, description, ticket_type, priority,
        status, address, dr_number, pole_number, pon_number, project_id, zone_id,
        location, ont_serial, assigned_to,
        CASE WHEN closes THEN now() AT TIME ZONE 'utc' END
    FROM decision
    WHERE kind = 'create'
    RETURNING id
), updated AS (
    UPDATE tickets AS ticket
    SET title           = decision.title,
        description     = decision.description,
        ticket_type     = decision.ticket_type,
        priority        = decision.priority,
        status          = decision.status,
        address         = decision.address,
        dr_number       = decision.dr_number,
        pole_number     = decision.pole_number,
        pon_number      = decision.pon_number,
        project_id      = decision.project_id,
        zone_id         = decision.zone_id,
        gps_coordinates = decision.location,
        ont_serial      = decision.ont_serial,
        assigned_to     = decision.assigned_to,
        closed_at       = CASE
            WHEN decision.closes THEN coalesce(ticket.closed_at, now() AT TIME ZONE 'utc')
            WHEN NOT decision.reopens THEN ticket.closed_at
        END
    FROM decision
    INNER JOIN tickets AS previous ON previous.id = decision.ticket_id
    WHERE decision.kind <> 'create' AND decision.has_writes AND ticket.id = decision.ticket_id
    RETURNING
        ticket.id,
        (decision.status IS DISTINCT FROM previous.status AND ticket.status = previous.status)
        OR (
            decision.assigned_to IS DISTINCT FROM previous.assigned_to
            AND ticket.assigned_to IS NOT DISTINCT FROM previous.assigned_to
        )
        OR (
            ticket.title, ticket.description, ticket.ticket_type, ticket.priority, ticket.status,
            ticket.address, ticket.dr_number, ticket.pole_number, ticket.pon_number,
            ticket.project_id, ticket.zone_id, ticket.gps_coordinates::text, ticket.ont_serial,
            ticket.assigned_to
        ) IS NOT DISTINCT FROM (
            previous.title, previous.description, previous.ticket_type, previous.priority,
            previous.status, previous.address, previous.dr_number, previous.pole_number,
            previous.pon_number, previous.project_id, previous.zone_id,
            previous.gps_coordinates::text, previous.ont_serial, previous.assigned_to
        ) AS is_kept
), linked AS (
    INSERT INTO qcontact_ticket_link AS link (
        remote_id, ticket_id, base_status_local, base_assigned_local, base_remote, fingerprint,
        remote_updated_at, frozen, turns, inbound_job_id
    )
    SELECT
        remote_id, ticket_id, base_status_local, base_assigned_local, base_remote, fingerprint,
        remote_updated_at, frozen, turns, %(job_id)s
    FROM decision
    ON CONFLICT ON CONSTRAINT qcontact_ticket_link_pkey DO UPDATE
    SET base_status_local   = EXCLUDED.base_status_local,
        base_assigned_local = EXCLUDED.base_assigned_local,
        base_remote         = EXCLUDED.base_remote,
        fingerprint         = EXCLUDED.fingerprint,
        remote_updated_at   = greatest(EXCLUDED.remote_updated_at, link.remote_updated_at),
        frozen              = EXCLUDED.frozen,
        turns               = EXCLUDED.turns,
        inbound_job_id      = EXCLUDED.inbound_job_id,
        remote_gone_at      = NULL,
        settled_at          = now()
    RETURNING link.remote_id
), audited AS (
    INSERT INTO qcontact_sync_log (
        ticket_id, qcontact_ticket_id, sync_direction, sync_type, request_payload,
        response_payload, status, error_message
    )
    SELECT
        ticket_id, remote_id, 'inbound', sync_type, written, payload, audit_status, warning
    FROM decision
    WHERE kind = 'create' OR has_writes OR warning IS NOT NULL
    RETURNING qcontact_ticket_id AS remote_id
)
SELECT decision.remote_id, dropped.table_name
FROM decision
LEFT JOIN created ON created.id = decision.ticket_id
LEFT JOIN updated ON updated.id = decision.ticket_id
LEFT JOIN linked ON linked.remote_id = decision.remote_id
LEFT JOIN audited ON audited.remote_id = decision.remote_id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN decision.kind = 'create' AND created.id IS NULL THEN 'tickets'
        WHEN decision.kind <> 'create' AND decision.has_writes AND coalesce(updated.is_kept, true)
            THEN 'tickets'
        WHEN linked.remote_id IS NULL THEN 'qcontact_ticket_link'
        WHEN
            (decision.kind = 'create' OR decision.has_writes OR decision.warning IS NOT NULL)
            AND audited.remote_id IS NULL THEN 'qcontact_sync_log'
    END AS table_name
) AS dropped
WHERE dropped.table_name IS NOT NULL;
