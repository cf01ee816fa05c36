-- A FibreFlow of the lineage "maintenance", as its own application would have made it: for the demo
-- and the tests. Constraints and triggers are part of it: the sync must live with them.
CREATE TABLE users (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    first_name text,
    last_name  text,
    email      text UNIQUE
);

CREATE TABLE staff (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid REFERENCES users (id),
    department text
);

CREATE TABLE maintenance_ticket_sequences (
    sequence_date date NOT NULL UNIQUE,
    last_sequence int NOT NULL DEFAULT 0
);

CREATE TABLE maintenance_tickets (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_uid           varchar(20) UNIQUE NOT NULL,
    source               varchar(20) NOT NULL,
    external_id          varchar(100),
    title                varchar(255) NOT NULL,
    description          text,
    type                 text NOT NULL CONSTRAINT maintenance_tickets_type_check CHECK (
        type IN ('civils', 'optical', 'activations', 'maintenance', 'dev_ops', 'unspecified')
    ),
    ticket_category      varchar(50) CONSTRAINT maintenance_tickets_ticket_category_check CHECK (
        ticket_category IN (
            'maintenance', 'snag', 'hse_incident', 'dev_ops', 'sales_lead', 'unspecified',
            'pre_provision', 'fault_repair', 'modification', 'ont_swap', 'new_installation',
            'serial_mismatch', 'olt_investigation'
        )
    ),
    category             varchar(100),
    subcategory          varchar(100),
    priority             varchar(20) DEFAULT 'medium' CONSTRAINT maintenance_tickets_priority_check CHECK (
        priority IN ('low', 'normal', 'medium', 'high', 'urgent', 'critical')
    ),
    status               varchar(30) NOT NULL DEFAULT 'open',
    dr_number            varchar(50),
    pole_id              uuid,
    pon                  varchar(50),
    zone                 varchar(50),
    project_id           uuid,
    address              text,
    gps_coordinates      text CONSTRAINT maintenance_tickets_gps_coordinates_check CHECK (
        gps_coordinates ~ '^-?[0-9]{1,3}(\.[0-9]+)?, ?-?[0-9]{1,3}(\.[0-9]+)?$'
    ),
    ont_serial           varchar(100),
    client_name          varchar(255),
    client_contact       varchar(50),
    client_email         varchar(255) CONSTRAINT maintenance_tickets_client_email_check CHECK (
        client_email ~ '^[^@ ]+@[^@ ]+\.[^@ ]+$'
    ),
    assigned_to          uuid REFERENCES staff (id),
    assigned_team        varchar(100),
    assigned_team_id     uuid,
    created_by           uuid NOT NULL REFERENCES users (id),
    due_at               timestamptz,
    original_logged_date date,
    status_changed_at    timestamptz,
    resolved_at          timestamptz,
    closed_at            timestamptz,
    change_count         int NOT NULL DEFAULT 0,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX maintenance_tickets_status_idx ON maintenance_tickets (status);

-- The words of today. Rows from before keep theirs (new, triaged, blocked, pending and closed).
ALTER TABLE maintenance_tickets ADD CONSTRAINT maintenance_tickets_status_check CHECK (
    status IN (
        'open', 'assigned', 'in_progress', 'pending_qa', 'qa_in_progress', 'qa_rejected',
        'qa_approved', 'pending_handover', 'handed_to_ops', 'resolved', 'verified', 'cancelled'
    )
) NOT VALID;

CREATE TABLE maintenance_ticket_history (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id  uuid NOT NULL REFERENCES maintenance_tickets (id) ON DELETE CASCADE,
    old_status varchar(30),
    new_status varchar(30),
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION maintenance_tickets_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    NEW.change_count := OLD.change_count + 1;
    IF NEW.status IS DISTINCT FROM OLD.status THEN
        NEW.status_changed_at := now();
        IF NEW.status IN ('resolved', 'verified', 'cancelled') THEN
            NEW.closed_at := coalesce(NEW.closed_at, now());
        ELSE
            NEW.closed_at := NULL;
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER maintenance_tickets_stamp BEFORE UPDATE ON maintenance_tickets
FOR EACH ROW EXECUTE FUNCTION maintenance_tickets_stamp();

CREATE FUNCTION maintenance_tickets_log() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NEW.status IS DISTINCT FROM OLD.status THEN
        INSERT INTO maintenance_ticket_history (ticket_id, old_status, new_status)
        VALUES (NEW.id, OLD.status, NEW.status);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER maintenance_tickets_log AFTER UPDATE ON maintenance_tickets
FOR EACH ROW EXECUTE FUNCTION maintenance_tickets_log();

CREATE TABLE maintenance_notes (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id     uuid NOT NULL REFERENCES maintenance_tickets (id) ON DELETE CASCADE,
    note_type     varchar(20) NOT NULL DEFAULT 'internal'
                  CONSTRAINT maintenance_notes_note_type_check
                  CHECK (note_type IN ('internal', 'client', 'system')),
    visibility    varchar(20) NOT NULL DEFAULT 'private'
                  CONSTRAINT maintenance_notes_visibility_check
                  CHECK (visibility IN ('private', 'public')),
    content       text NOT NULL,
    is_resolution boolean NOT NULL DEFAULT false,
    attachments   text[],
    created_by    uuid,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE maintenance_activities (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id          uuid NOT NULL REFERENCES maintenance_tickets (id) ON DELETE CASCADE,
    external_id        varchar(100),
    activity_type      varchar(50) NOT NULL,
    description        text,
    field_changes      jsonb,
    created_by_name    varchar(255),
    external_timestamp timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE maintenance_qcontact_sync_log (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_id          uuid REFERENCES maintenance_tickets (id) ON DELETE SET NULL,
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
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    started_at         timestamp NOT NULL,
    completed_at       timestamp,
    duration_seconds   numeric,
    status             varchar(20) CHECK (status IN ('running', 'success', 'partial', 'failed')),
    total_processed    int,
    total_success      int,
    total_failed       int,
    success_rate       numeric,
    inbound_processed  int,
    inbound_success    int,
    inbound_failed     int,
    outbound_processed int,
    outbound_success   int,
    outbound_failed    int,
    error_message      text,
    error_code         varchar(50),
    sync_options       jsonb,
    sync_result        jsonb,
    created_at         timestamp DEFAULT now()
);
