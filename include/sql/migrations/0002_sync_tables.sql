-- The sync's own memory. No foreign key points at a table of FibreFlow's: a guest must not stop
-- the host from deleting its rows. Instants are timestamptz, stamped by the database's clock.
-- The previous release runs on the result: there is none before this. Safe to repeat, so that
-- `migrate` after plain `psql -f` has only to note that it was applied.

-- Which remote ticket is which row, and what both sides last agreed on.
CREATE TABLE IF NOT EXISTS qcontact_ticket_link (
    remote_id            text NOT NULL,
    ticket_id            uuid NOT NULL,
    base_status_local    text,
    base_assigned_local  uuid,
    base_remote          jsonb NOT NULL,
    fingerprint          text NOT NULL,
    remote_updated_at    timestamptz,
    frozen               text[] NOT NULL DEFAULT '{}',
    turns                jsonb NOT NULL DEFAULT '{}',
    remote_gone_at       timestamptz,
    linked_at            timestamptz NOT NULL DEFAULT now(),
    settled_at           timestamptz NOT NULL DEFAULT now(),
    inbound_job_id       uuid,
    outbound_job_id      uuid,
    CONSTRAINT qcontact_ticket_link_pkey PRIMARY KEY (remote_id),
    CONSTRAINT qcontact_ticket_link_ticket_id_key UNIQUE (ticket_id)
);
CREATE INDEX IF NOT EXISTS qcontact_ticket_link_gone_idx ON qcontact_ticket_link (remote_id)
    WHERE remote_gone_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS qcontact_ticket_link_frozen_idx ON qcontact_ticket_link (remote_id)
    WHERE frozen <> '{}';
COMMENT ON COLUMN qcontact_ticket_link.base_remote IS
    'QContact''s half of every synced field at the last agreement, by FibreFlow''s column name';
COMMENT ON COLUMN qcontact_ticket_link.turns IS
    'per two-way field: the two values our own writes last alternated between, and how often';
COMMENT ON COLUMN qcontact_ticket_link.frozen IS 'fields with an open conflict that needs a person';

-- FibreFlow rows that came from QContact and have no link yet, found once per run that needs it.
CREATE TABLE IF NOT EXISTS qcontact_unlinked (
    remote_id text NOT NULL,
    ticket_id uuid NOT NULL,
    position  int NOT NULL,
    CONSTRAINT qcontact_unlinked_pkey PRIMARY KEY (remote_id, ticket_id)
);

-- The number of the next ticket_uid made here.
CREATE SEQUENCE IF NOT EXISTS qcontact_ticket_uid_seq AS bigint MINVALUE 0 START 100000;

CREATE TABLE IF NOT EXISTS qcontact_note (
    note_id         uuid NOT NULL,
    ticket_id       uuid NOT NULL,
    remote_id       text NOT NULL,
    state           text NOT NULL,
    idempotency_key text,
    equal_before    int,
    remote_note_id  text,
    job_id          uuid,
    intended_at     timestamptz,
    settled_at      timestamptz,
    CONSTRAINT qcontact_note_pkey PRIMARY KEY (note_id),
    CONSTRAINT qcontact_note_state_check CHECK (
        state IN ('before_link', 'intended', 'sent', 'doubtful', 'dismissed')
    )
);
CREATE INDEX IF NOT EXISTS qcontact_note_open_idx ON qcontact_note (remote_id)
    WHERE state IN ('intended', 'doubtful');

-- Tickets that failed and will be tried again.
CREATE TABLE IF NOT EXISTS qcontact_quarantine (
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    remote_id       text NOT NULL,
    direction       text NOT NULL,
    ticket_id       uuid,
    sync_type       text NOT NULL,
    version         text,
    error_code      text NOT NULL,
    error_message   text NOT NULL,
    attempts        int NOT NULL DEFAULT 1,
    first_failed_at timestamptz NOT NULL DEFAULT now(),
    last_failed_at  timestamptz NOT NULL DEFAULT now(),
    next_try_at     timestamptz,
    dismissed_at    timestamptz,
    job_id          uuid NOT NULL,
    CONSTRAINT qcontact_quarantine_pkey PRIMARY KEY (id),
    CONSTRAINT qcontact_quarantine_ticket_key UNIQUE (remote_id, direction),
    CONSTRAINT qcontact_quarantine_direction_check CHECK (direction IN ('inbound', 'outbound'))
);
COMMENT ON COLUMN qcontact_quarantine.next_try_at IS 'null: not before the ticket changes';

-- Values that lost, and fields that wait for a person.
CREATE TABLE IF NOT EXISTS qcontact_conflict (
    entry        bigint GENERATED ALWAYS AS IDENTITY,
    id           uuid NOT NULL,
    remote_id    text NOT NULL,
    ticket_id    uuid NOT NULL,
    field        text NOT NULL,
    kind         text NOT NULL,
    local_value  text,
    remote_value text,
    loser        text,
    reason       text NOT NULL,
    job_id       uuid,
    opened_at    timestamptz NOT NULL DEFAULT now(),
    resolved_at  timestamptz,
    resolution   text,
    CONSTRAINT qcontact_conflict_pkey PRIMARY KEY (entry),
    CONSTRAINT qcontact_conflict_kind_check CHECK (kind IN ('settled', 'needs_you'))
);
CREATE UNIQUE INDEX IF NOT EXISTS qcontact_conflict_open_key ON qcontact_conflict (remote_id, field)
    WHERE kind = 'needs_you' AND resolved_at IS NULL;
CREATE INDEX IF NOT EXISTS qcontact_conflict_id_idx ON qcontact_conflict (id);

-- What a run must remember beyond sync_job_history, which may be FibreFlow's own.
CREATE TABLE IF NOT EXISTS qcontact_run (
    job_id       uuid NOT NULL,
    account      text NOT NULL,
    dag_id       text NOT NULL,
    run_id       text NOT NULL,
    trigger      text NOT NULL,
    attempt      int NOT NULL DEFAULT 1,
    window_start timestamptz,
    window_end   timestamptz NOT NULL,
    moves_cursor boolean NOT NULL,
    is_dated     boolean NOT NULL,
    ends_now     boolean NOT NULL,
    options      jsonb NOT NULL,
    settled_until timestamptz,
    host         text NOT NULL,
    pid          int NOT NULL,
    opened_at    timestamptz NOT NULL DEFAULT now(),
    heard_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT qcontact_run_pkey PRIMARY KEY (job_id),
    CONSTRAINT qcontact_run_dag_run_key UNIQUE (dag_id, run_id)
);
COMMENT ON COLUMN qcontact_run.settled_until IS
    'inbound: everything of the window before this is settled; a retry goes on from here';

CREATE TABLE IF NOT EXISTS qcontact_run_direction (
    job_id        uuid NOT NULL,
    direction     text NOT NULL,
    processed     int NOT NULL DEFAULT 0,
    successful    int NOT NULL DEFAULT 0,
    failed        int NOT NULL DEFAULT 0,
    skipped       int NOT NULL DEFAULT 0,
    partial       int NOT NULL DEFAULT 0,
    created       int NOT NULL DEFAULT 0,
    updated       int NOT NULL DEFAULT 0,
    failed_again  int NOT NULL DEFAULT 0,
    is_complete   boolean NOT NULL DEFAULT false,
    error_code    text,
    error_message text,
    started_at    timestamptz NOT NULL DEFAULT now(),
    completed_at  timestamptz,
    CONSTRAINT qcontact_run_direction_pkey PRIMARY KEY (job_id, direction),
    CONSTRAINT qcontact_run_direction_sum_check CHECK (processed = successful + failed + skipped),
    CONSTRAINT qcontact_run_direction_parts_check CHECK (
        created + updated <= successful AND partial <= successful
    )
);

-- The failures of a run, ticket by ticket: the errors of sync_result, kept across task retries.
CREATE TABLE IF NOT EXISTS qcontact_run_error (
    job_id        uuid NOT NULL,
    direction     text NOT NULL,
    remote_id     text NOT NULL,
    ticket_id     uuid,
    sync_type     text NOT NULL,
    error_code    text NOT NULL,
    error_message text NOT NULL,
    recoverable   boolean NOT NULL,
    is_again      boolean NOT NULL DEFAULT false,
    failed_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT qcontact_run_error_pkey PRIMARY KEY (job_id, direction, remote_id)
);

-- Everything inbound before the cursor is settled.
CREATE TABLE IF NOT EXISTS qcontact_cursor (
    account       text NOT NULL,
    settled_until timestamptz NOT NULL,
    job_id        uuid NOT NULL,
    moved_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT qcontact_cursor_pkey PRIMARY KEY (account)
);

-- One writer per QContact account. The fence grows with every holder, so that one who lost the
-- lease while asleep can be told from the one who has it now.
CREATE TABLE IF NOT EXISTS qcontact_lease (
    account    text NOT NULL,
    holder     text,
    fence      bigint NOT NULL DEFAULT 0,
    expires_at timestamptz,
    host       text,
    pid        int,
    CONSTRAINT qcontact_lease_pkey PRIMARY KEY (account)
);
