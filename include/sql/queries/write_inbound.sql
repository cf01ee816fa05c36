-- write_inbound: carry out a batch of decisions: rows, links and audit in one statement.
-- params:  decisions jsonb (an array, see the columns below; gps_coordinates is "lat,lon"), job_id uuid
-- returns: one row: created bigint, updated bigint, linked bigint
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
    WHERE decision.kind <> 'create' AND decision.has_writes AND ticket.id = decision.ticket_id
    RETURNING ticket.id
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
)
SELECT
    (SELECT count(*) FROM created) AS created,
    (SELECT count(*) FROM updated) AS updated,
    (SELECT count(*) FROM linked) AS linked;
