-- write_tickets: write the rows of FibreFlow's tickets that a batch of decisions creates or changes. A
-- trigger, a rule or a row level security policy may keep a row as it was and raise nothing.
-- params:  tickets jsonb (an array, see the columns below; gps_coordinates is "lat,lon", more holds the
--          columns that only a mapping names, as the table's own types read them)
-- returns: rows, one for each ticket that was not written as given: remote_id text
-- locks:   the rows written, until commit
WITH decision AS MATERIALIZED (
    SELECT
        d.*,
        -- As numeric: without an exponent, which the column's format check refuses.
        split_part(d.gps_coordinates, ',', 1)::numeric || ','
        || split_part(d.gps_coordinates, ',', 2)::numeric AS location,
        point(
            split_part(d.gps_coordinates, ',', 2)::float8,
            split_part(d.gps_coordinates, ',', 1)::float8
        )::text AS place
    FROM jsonb_to_recordset(%(tickets)s::jsonb) AS d (
        is_new boolean, remote_id text, ticket_id uuid, ticket_uid text,
        title text, description text, ticket_type text, priority text, status text,
        address text, dr_number text, pole_number uuid, pon_number text, project_id uuid,
        zone_id text, gps_coordinates text, ont_serial text, assigned_to uuid,
        created_at timestamptz, closes boolean, reopens boolean, more jsonb
    )
), created AS (
    INSERT INTO maintenance_tickets (
        id, ticket_uid, source, external_id, title, description, ticket_category, priority, status,
        address, dr_number, pole_id, pon, project_id, zone, gps_coordinates,
        ont_serial, assigned_to, created_at, resolved_at /* each inserted: , {} */
    )
    SELECT
        decision.ticket_id, decision.ticket_uid, 'qcontact', decision.remote_id, decision.title,
        decision.description, decision.ticket_type, decision.priority, decision.status,
        decision.address, decision.dr_number, decision.pole_number, decision.pon_number,
        decision.project_id, decision.zone_id, decision.location, decision.ont_serial,
        decision.assigned_to, coalesce(decision.created_at, now()),
        CASE WHEN decision.closes THEN now() END /* each inserted: , more_of_new.{} */
    FROM decision
    /* any inserted: CROSS JOIN LATERAL jsonb_populate_record(NULL::maintenance_tickets, decision.more) AS more_of_new */
    WHERE decision.is_new
    RETURNING id
), updated AS (
    UPDATE maintenance_tickets AS ticket
    SET title           = decision.title,
        description     = decision.description,
        ticket_category = decision.ticket_type,
        priority        = decision.priority,
        status          = decision.status,
        address         = decision.address,
        dr_number       = decision.dr_number,
        pole_id         = decision.pole_number,
        pon             = decision.pon_number,
        project_id      = decision.project_id,
        zone            = decision.zone_id,
        -- Its spelling stays as it is where the place does, and so does what is no position.
        gps_coordinates = CASE
            WHEN decision.place IS DISTINCT FROM held.place THEN decision.location
            ELSE ticket.gps_coordinates
        END,
        ont_serial      = decision.ont_serial,
        assigned_to     = decision.assigned_to,
        resolved_at     = CASE
            WHEN decision.closes THEN coalesce(ticket.resolved_at, now())
            WHEN NOT decision.reopens THEN ticket.resolved_at
        END
        /* each updated: , {} = more_of_old.{} */
    FROM decision
    INNER JOIN maintenance_tickets AS previous ON previous.id = decision.ticket_id
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN previous.gps_coordinates ~ '^-?[0-9]{1,3}([.][0-9]+)?, ?-?[0-9]{1,3}([.][0-9]+)?$'
                THEN point(
                    split_part(previous.gps_coordinates, ',', 2)::float8,
                    split_part(previous.gps_coordinates, ',', 1)::float8
                )::text
        END AS place
    ) AS held
    /* any updated: CROSS JOIN LATERAL jsonb_populate_record(NULL::maintenance_tickets, decision.more) AS more_of_old */
    WHERE NOT decision.is_new AND ticket.id = decision.ticket_id
    RETURNING
        ticket.id,
        (decision.status IS DISTINCT FROM previous.status AND ticket.status = previous.status)
        OR (
            decision.assigned_to IS DISTINCT FROM previous.assigned_to
            AND ticket.assigned_to IS NOT DISTINCT FROM previous.assigned_to
        )
        OR (
            ticket.title, ticket.description, ticket.ticket_category, ticket.priority, ticket.status,
            ticket.address, ticket.dr_number, ticket.pole_id, ticket.pon,
            ticket.project_id, ticket.zone, ticket.gps_coordinates, ticket.ont_serial,
            ticket.assigned_to /* each updated: , ticket.{}::text */
        ) IS NOT DISTINCT FROM (
            previous.title, previous.description, previous.ticket_category, previous.priority,
            previous.status, previous.address, previous.dr_number, previous.pole_id,
            previous.pon, previous.project_id, previous.zone,
            previous.gps_coordinates, previous.ont_serial, previous.assigned_to
            /* each updated: , previous.{}::text */
        ) AS is_kept
)
SELECT decision.remote_id
FROM decision
LEFT JOIN created ON created.id = decision.ticket_id
LEFT JOIN updated ON updated.id = decision.ticket_id
WHERE CASE WHEN decision.is_new THEN created.id IS NULL ELSE coalesce(updated.is_kept, true) END;
