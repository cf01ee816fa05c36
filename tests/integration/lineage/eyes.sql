-- Views of the usual names, through which tests of the engine see and edit a FibreFlow of the lineage
-- "maintenance", as its application would. The sync never sees them.
INSERT INTO users (id, first_name) VALUES ('00000000-0000-4000-8000-000000000001', 'QContact sync');
CREATE SCHEMA eyes;

CREATE VIEW eyes.tickets AS
SELECT
    xmin, id, ticket_uid, source, external_id, title, description, ticket_category AS ticket_type,
    priority, status, address, dr_number, pole_id AS pole_number, pon AS pon_number, project_id,
    zone AS zone_id,
    point(split_part(gps_coordinates, ',', 2)::float8, split_part(gps_coordinates, ',', 1)::float8)
        AS gps_coordinates,
    ont_serial, assigned_to, created_at AT TIME ZONE 'UTC' AS created_at,
    updated_at AT TIME ZONE 'UTC' AS updated_at, resolved_at AT TIME ZONE 'UTC' AS closed_at
FROM maintenance_tickets;

CREATE FUNCTION eyes.write_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place text := (NEW.gps_coordinates)[1] || ',' || (NEW.gps_coordinates)[0];
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO maintenance_tickets (
            id, ticket_uid, source, external_id, title, description, type, ticket_category, priority,
            status, address, dr_number, pole_id, pon, project_id, zone, gps_coordinates, ont_serial,
            assigned_to, created_by, created_at, updated_at, resolved_at
        )
        VALUES (
            coalesce(NEW.id, gen_random_uuid()), NEW.ticket_uid, NEW.source, NEW.external_id,
            NEW.title, NEW.description, 'maintenance', NEW.ticket_type, coalesce(NEW.priority, 'normal'),
            coalesce(NEW.status, 'open'), NEW.address, NEW.dr_number, NEW.pole_number, NEW.pon_number,
            NEW.project_id, NEW.zone_id, place, NEW.ont_serial, NEW.assigned_to,
            '00000000-0000-4000-8000-000000000001', coalesce(NEW.created_at AT TIME ZONE 'UTC', now()),
            coalesce(NEW.updated_at AT TIME ZONE 'UTC', now()), NEW.closed_at AT TIME ZONE 'UTC'
        );
    ELSE
        UPDATE maintenance_tickets
        SET ticket_uid = NEW.ticket_uid, source = NEW.source, external_id = NEW.external_id,
            title = NEW.title, description = NEW.description, ticket_category = NEW.ticket_type,
            priority = NEW.priority, status = NEW.status, address = NEW.address,
            dr_number = NEW.dr_number, pole_id = NEW.pole_number, pon = NEW.pon_number,
            project_id = NEW.project_id, zone = NEW.zone_id, gps_coordinates = place,
            ont_serial = NEW.ont_serial, assigned_to = NEW.assigned_to,
            resolved_at = NEW.closed_at AT TIME ZONE 'UTC'
        WHERE id = OLD.id;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER write_ticket INSTEAD OF INSERT OR UPDATE ON eyes.tickets
FOR EACH ROW EXECUTE FUNCTION eyes.write_ticket();

CREATE VIEW eyes.ticket_notes AS
SELECT
    id, ticket_id,
    CASE WHEN note_type = 'system' THEN 'system' WHEN visibility = 'public' THEN 'client' ELSE 'internal' END
        AS note_type,
    content, created_by, created_at AT TIME ZONE 'UTC' AS created_at
FROM maintenance_notes;
CREATE FUNCTION eyes.write_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- As the application does it: type internal, and public where it must go out.
        INSERT INTO maintenance_notes (id, ticket_id, note_type, visibility, content, created_by, created_at)
        VALUES (
            coalesce(NEW.id, gen_random_uuid()), NEW.ticket_id,
            CASE NEW.note_type WHEN 'system' THEN 'system' ELSE 'internal' END,
            CASE NEW.note_type WHEN 'client' THEN 'public' ELSE 'private' END,
            NEW.content, NEW.created_by, coalesce(NEW.created_at AT TIME ZONE 'UTC', now())
        );
    ELSE
        UPDATE maintenance_notes SET content = NEW.content, ticket_id = NEW.ticket_id WHERE id = OLD.id;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER write_note INSTEAD OF INSERT OR UPDATE ON eyes.ticket_notes
FOR EACH ROW EXECUTE FUNCTION eyes.write_note();

CREATE VIEW eyes.users AS
SELECT staff.id, nullif(concat_ws(' ', person.first_name, person.last_name), '') AS full_name
FROM staff INNER JOIN users AS person ON person.id = staff.user_id;
CREATE FUNCTION eyes.write_user() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    person uuid := gen_random_uuid();
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO public.users (id, first_name, last_name)
        VALUES (person, split_part(NEW.full_name, ' ', 1),
                nullif(substr(NEW.full_name, position(' ' IN NEW.full_name) + 1), NEW.full_name));
        INSERT INTO staff (id, user_id) VALUES (coalesce(NEW.id, gen_random_uuid()), person);
    ELSE
        UPDATE public.users AS users SET first_name = NEW.full_name, last_name = NULL
        FROM staff WHERE staff.id = OLD.id AND users.id = staff.user_id;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER write_user INSTEAD OF INSERT OR UPDATE ON eyes.users
FOR EACH ROW EXECUTE FUNCTION eyes.write_user();

CREATE VIEW eyes.qcontact_sync_log AS SELECT xmin, * FROM maintenance_qcontact_sync_log;
