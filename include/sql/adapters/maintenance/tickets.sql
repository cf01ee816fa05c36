-- tickets: FibreFlow's tickets with the usual columns. A position that is not two numbers reads as none.
-- params:  none
-- returns: rows as of `tickets`
-- locks:   none
SELECT
    id,
    ticket_uid,
    source,
    external_id,
    title,
    description,
    ticket_category AS ticket_type,
    priority,
    status,
    address,
    dr_number,
    pole_id AS pole_number,
    pon AS pon_number,
    project_id,
    zone AS zone_id,
    CASE
        WHEN gps_coordinates ~ '^-?[0-9]{1,3}([.][0-9]+)?, ?-?[0-9]{1,3}([.][0-9]+)?$'
            THEN point(
                split_part(gps_coordinates, ',', 2)::float8,
                split_part(gps_coordinates, ',', 1)::float8
            )
    END AS gps_coordinates,
    ont_serial,
    assigned_to,
    created_at AT TIME ZONE 'UTC' AS created_at,
    updated_at AT TIME ZONE 'UTC' AS updated_at,
    resolved_at AT TIME ZONE 'UTC' AS closed_at
    /* each updated: , {} */
FROM maintenance_tickets
