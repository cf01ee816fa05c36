-- lock_tickets: FibreFlow's rows as they stand, held until commit.
-- params:  ticket_ids uuid[]
-- returns: one row per ticket that exists, see the columns
-- locks:   the rows, in the order of their ids, until commit
SELECT
    id, ticket_uid,
    status, assigned_to::text, title, description, priority, ticket_type, address,
    dr_number, pole_number::text, pon_number, project_id::text, zone_id::text,
    gps_coordinates[1] AS latitude, gps_coordinates[0] AS longitude, ont_serial
    /* each updated: , {}::text */
FROM tickets
WHERE id = ANY(%(ticket_ids)s::uuid[])
ORDER BY id
FOR UPDATE;
