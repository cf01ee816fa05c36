-- FibreFlow's own tables, created only where they are missing (the demo, the tests, a new
-- database). In a database of FibreFlow's this changes nothing: the sync is a guest there.
-- The previous release runs on the result: nothing of it is altered.

CREATE TABLE IF NOT EXISTS users (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    full_name text
);

-- The trigger stands for the app's (every UPDATE stamps the row), and comes only with a table that
-- is made here: a database of FibreFlow's has its own.
DO $$
BEGIN
    IF to_regclass('tickets') IS NULL THEN
        CREATE TABLE tickets (
            id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            ticket_uid             varchar(20) UNIQUE NOT NULL,
            source                 varchar(20) NOT NULL,
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
            assigned_to            uuid,
            assigned_contractor_id uuid,
            assigned_team          varchar(100),
            sla_due_at             timestamp,
            sla_first_response_at  timestamp,
            sla_breached           boolean DEFAULT false,
            created_at             timestamp DEFAULT now(),
            updated_at             timestamp DEFAULT now(),
            closed_at              timestamp,
            created_by             uuid,
            closed_by              uuid
        );
        CREATE INDEX tickets_source_external_id_idx ON tickets (source, external_id);
        CREATE FUNCTION tickets_touch() RETURNS trigger LANGUAGE plpgsql AS $touch$
        BEGIN
            NEW.updated_at := now() AT TIME ZONE 'utc';
            RETURN NEW;
        END
        $touch$;
        CREATE TRIGGER tickets_touch BEFORE UPDATE ON tickets
        FOR EACH ROW EXECUTE FUNCTION tickets_touch();
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS ticket_notes (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id    uuid NOT NULL,
    note_type    varchar(20) NOT NULL DEFAULT 'internal'
                 CHECK (note_type IN ('internal', 'client', 'system')),
    content      text NOT NULL,
    created_by   uuid,
    created_at   timestamp DEFAULT now(),
    system_event varchar(50),
    event_data   jsonb
);

CREATE TABLE IF NOT EXISTS qcontact_sync_log (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id          uuid,
    qcontact_ticket_id varchar(100),
    sync_direction     varchar(10) NOT NULL CHECK (sync_direction IN ('inbound', 'outbound')),
    sync_type          varchar(30) NOT NULL CHECK (
        sync_type IN ('create', 'status_update', 'assignment', 'note_add', 'full_sync')
    ),
    request_payload    jsonb,
    response_payload   jsonb,
    status             varchar(20) NOT NULL CHECK (status IN ('success', 'failed', 'partial')),
    error_message      text,
    synced_at          timestamp DEFAULT now()
);

CREATE TABLE IF NOT EXISTS sync_job_history (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    started_at         timestamptz NOT NULL,
    completed_at       timestamptz,
    duration_seconds   numeric,
    status             text NOT NULL CHECK (status IN ('running', 'success', 'partial', 'failed')),
    total_processed    int NOT NULL DEFAULT 0,
    total_success      int NOT NULL DEFAULT 0,
    total_failed       int NOT NULL DEFAULT 0,
    success_rate       numeric,
    inbound_processed  int NOT NULL DEFAULT 0,
    inbound_success    int NOT NULL DEFAULT 0,
    inbound_failed     int NOT NULL DEFAULT 0,
    outbound_processed int NOT NULL DEFAULT 0,
    outbound_success   int NOT NULL DEFAULT 0,
    outbound_failed    int NOT NULL DEFAULT 0,
    error_message      text,
    error_code         text,
    sync_options       jsonb,
    sync_result        jsonb,
    created_at         timestamptz NOT NULL DEFAULT now()
);
