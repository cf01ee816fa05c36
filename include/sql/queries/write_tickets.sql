-- write_tickets: write the rows of FibreFlow's tickets that a batch of decisions creates or changes. A
-- trigger, a rule or a row level security policy may keep a row as it was and raise nothing.
-- params:  tickets jsonb (an array, see the columns below; gps_coordinates is "lat,lon", more holds the
--          columns that only a mapping names, as the table's own types read them)
-- returns: rows, one for each ticket that was not written as given: remote_id text
-- locks:   the rows written, until commit
WITH decision AS MATERIALIZED (
    SELECT
        d.*,
        point(
            split_part(d.gps_coordinates, ',', 2)::float8,
            split_part(d.gps_coordinates, ',', 1)::float8
        ) AS location
    FROM jsonb_to_recordset(%(tickets)s::jsonb) AS d (
        is_new boolean, remote_id text, ticket_id uuid, ticket_uid text,
        title text, description text, ticket_type text, priority text, status text,
        address text, dr_number text, pole_number text, pon_number text, project_id uuid,
        zone_id uuid, gps_coordinates text, ont_serial text, assigned_to uuid,
        closes boolean, reopens boolean, more jsonb
    )
), created AS (
    INSERT INTO tickets (
        id, ticket_uid, source, external_id, title, description, ticket_type, priority, status,
        address, dr_number, pole_number, pon_number, project_id, zone_id, gps_coordinates,
        ont_serial, assigned_to, closed_at /* each inserted: , {} */
    )
    SELECT
        decision.ticket_id, decision.ticket_uid, 'qcontact', decision.remote_id, decision.title,
        decision.description, decision.ticket_type, decision.priority, decision.status,
        decision.address, decision.dr_number, decision.pole_number, decision.pon_number,
        decision.project_id, decision.zone_id, decision.location, decision.ont_serial,
        decision.assigned_to,
        CASE WHEN decision.closes THEN now() AT TIME ZONE 'utc' END /* each inserted: , more_of_new.{} */
    FROM decision
    /* any inserted: CROSS JOIN LATERAL jsonb_populate_record(NULL::tickets, decision.more) AS more_of_new */
    WHERE decision.is_new
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
        /* each updated: , {} = more_of_old.{} */
    FROM decision
    INNER JOIN tickets AS previous ON previous.id = decision.ticket_id
    /* any updated: CROSS JOIN LATERAL jsonb_populate_record(NULL::tickets, decision.more) AS more_of_old */
    WHERE NOT decision.is_new AND ticket.id = decision.ticket_id
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
            ticket.assigned_to /* each updated: , ticket.{}::text */
        ) IS NOT DISTINCT FROM (
            previous.title, previous.description, previous.ticket_type, previous.priority,
            previous.status, previous.address, previous.dr_number, previous.pole_number,
            previous.pon_number, previous.project_id, previous.zone_id,
            previous.gps_coordinates::text, previous.ont_serial, previous.assigned_to
            /* each updated: , previous.{}::text */
        ) AS is_kept
)
SELECT decision.remote_id
FROM decision
LEFT JOIN created ON created.id = decision.ticket_id
LEFT JOIN updated ON updated.id = decision.ticket_id
WHERE CASE WHEN decision.is_new THEN created.id IS NULL ELSE coalesce(updated.is_kept, true) END;
