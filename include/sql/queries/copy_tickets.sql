-- copy_tickets: add FibreFlow's rows of new tickets; their data follows in COPY's text format. Where a row
-- may be kept out without an error (`may_copy`), `write_tickets` is used instead.
-- params:  none
-- returns: nothing; the number of rows is in the command's tag
-- locks:   the rows written, until commit
COPY tickets (
    id, ticket_uid, source, external_id, title, description, ticket_type, priority, status,
    address, dr_number, pole_number, pon_number, project_id, zone_id, gps_coordinates,
    ont_serial, assigned_to, closed_at
) FROM STDIN;
