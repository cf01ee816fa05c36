-- A FibreFlow database as its own app might have made it: other defaults, an own trigger, own
-- indexes and columns, and rows.
CREATE TABLE users (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    full_name text,
    email     text UNIQUE
);
CREATE TABLE tickets (
    id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_uid             varchar(20) UNIQUE NOT NULL,
    source                 varchar(20) NOT NULL CHECK (source <> ''),
    external_id            varchar(100),
    title                  varchar(255) NOT NULL,
    description            text,
    ticket_type            varchar(50) NOT NULL,
    priority               varchar(20) DEFAULT 'normal',
    status                 varchar(30) DEFAULT 'open',
    dr_number              varchar(50),
    pole_number            varchar(50),
    pon_number             varchar(50),
    project_id             uuid,
    zone_id                uuid,
    address                text,
    gps_coordinates        point,
    ont_serial             varchar(100),
    ont_rx_level           decimal(5, 2),
    ont_model              varchar(100),
    assigned_to            uuid REFERENCES users (id),
    assigned_contractor_id uuid,
    assigned_team          varchar(100),
    sla_due_at             timestamp,
    sla_first_response_at  timestamp,
    sla_breached           boolean,
    guarantee_status       text,
    created_at             timestamp DEFAULT now(),
    updated_at             timestamp DEFAULT now(),
    closed_at              timestamp,
    created_by             uuid,
    closed_by              uuid
);
CREATE INDEX app_tickets_status ON tickets (status);
CREATE FUNCTION app_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER app_touch BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION app_touch();
CREATE TABLE ticket_notes (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id    uuid NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    note_type    varchar(20) NOT NULL,
    content      text NOT NULL,
    created_by   uuid,
    created_at   timestamp DEFAULT now(),
    system_event varchar(50),
    event_data   jsonb
);
CREATE TABLE qcontact_sync_log (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id          uuid REFERENCES tickets (id) ON DELETE SET NULL,
    qcontact_ticket_id varchar(100),
    sync_direction     varchar(10) CHECK (sync_direction IN ('inbound', 'outbound')),
    sync_type          varchar(30) CHECK (
        sync_type IN ('create', 'status_update', 'assignment', 'note_add', 'full_sync')
    ),
    request_payload    jsonb,
    response_payload   jsonb,
    status             varchar(20) CHECK (status IN ('success', 'failed', 'partial')),
    error_message      text,
    synced_at          timestamp DEFAULT now()
);
CREATE TABLE sync_job_history (
    id                 uuid PRIMARY KEY,
    started_at         timestamptz NOT NULL,
    completed_at       timestamptz,
    duration_seconds   numeric,
    status             text CHECK (status IN ('running', 'success', 'partial', 'failed')),
    total_processed    int NOT NULL DEFAULT 0,
    total_success      int NOT NULL DEFAULT 0,
    total_failed       int NOT NULL DEFAULT 0,
    success_rate       numeric,
    inbound_processed  int,
    inbound_success    int,
    inbound_failed     int,
    outbound_processed int,
    outbound_success   int,
    outbound_failed    int,
    error_message      text,
    error_code         text,
    sync_options       jsonb,
    sync_result        jsonb,
    created_at         timestamptz DEFAULT now()
);
INSERT INTO users (full_name, email) VALUES ('Thandi Mokoena', 'thandi@example.test');
INSERT INTO tickets (ticket_uid, source, external_id, title, ticket_type)
VALUES ('FT000001', 'qcontact', '1', 'No light', 'maintenance'),
       ('FT000002', 'ad_hoc', NULL, 'Pole leaning', 'maintenance');
INSERT INTO ticket_notes (ticket_id, note_type, content) SELECT id, 'client', 'Hello' FROM tickets;
INSERT INTO qcontact_sync_log (sync_direction, sync_type, status)
VALUES ('inbound', 'full_sync', 'success');
INSERT INTO sync_job_history (id, started_at, status) VALUES (gen_random_uuid(), now(), 'success');
