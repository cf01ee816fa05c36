-- write_links: remember what a batch of decisions agreed on, and what it did, in the audit log. A trigger,
-- a rule or a row level security policy may keep a row out and raise nothing. Where changes are marked, a ticket
-- that differs from what is agreed on now gets a mark, too: no change of the ticket would give it one.
-- params:  links jsonb (an array, see the columns below), job_id uuid
-- returns: rows, one for each ticket whose record was not written: remote_id text, table_name text
--          (where it was dropped)
-- locks:   the rows written, until commit
WITH decision AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_recordset(%(links)s::jsonb) AS d (
        remote_id text, ticket_id uuid, base_status_local text, base_assigned_local uuid,
        base_remote jsonb, fingerprint text, remote_updated_at timestamptz, frozen text[],
        turns jsonb, received text, is_audited boolean, sync_type text, audit_status text, warning text,
        written jsonb, payload jsonb
    )
), linked AS (
    INSERT INTO qcontact_ticket_link AS link (
        remote_id, ticket_id, base_status_local, base_assigned_local, base_remote, fingerprint,
        remote_updated_at, frozen, turns, received, inbound_job_id
    )
    SELECT
        remote_id, ticket_id, base_status_local, base_assigned_local, base_remote, fingerprint,
        remote_updated_at, frozen, turns, received, %(job_id)s
    FROM decision
    ON CONFLICT ON CONSTRAINT qcontact_ticket_link_pkey DO UPDATE
    SET base_status_local   = EXCLUDED.base_status_local,
        base_assigned_local = EXCLUDED.base_assigned_local,
        base_remote         = EXCLUDED.base_remote,
        fingerprint         = EXCLUDED.fingerprint,
        remote_updated_at   = greatest(EXCLUDED.remote_updated_at, link.remote_updated_at),
        frozen              = EXCLUDED.frozen,
        turns               = EXCLUDED.turns,
        received            = EXCLUDED.received,
        inbound_job_id      = EXCLUDED.inbound_job_id,
        remote_gone_at      = NULL,
        settled_at          = now()
    RETURNING link.remote_id
), audited AS (
    INSERT INTO qcontact_sync_log (
        ticket_id, qcontact_ticket_id, sync_direction, sync_type, request_payload,
        response_payload, status, error_message
    )
    SELECT
        ticket_id, remote_id, 'inbound', sync_type, written, payload, audit_status, warning
    FROM decision
    WHERE is_audited
    RETURNING qcontact_ticket_id AS remote_id
), marked AS (
    INSERT INTO qcontact_change_mark (ticket_id)
    SELECT decision.ticket_id
    FROM decision
    INNER JOIN tickets AS ticket ON ticket.id = decision.ticket_id
    WHERE (
        ticket.status IS DISTINCT FROM decision.base_status_local
        OR ticket.assigned_to IS DISTINCT FROM decision.base_assigned_local
    )
      AND EXISTS (SELECT FROM qcontact_full_comparison)
)
SELECT
    decision.remote_id,
    CASE WHEN linked.remote_id IS NULL THEN 'qcontact_ticket_link' ELSE 'qcontact_sync_log' END AS table_name
FROM decision
LEFT JOIN linked ON linked.remote_id = decision.remote_id
LEFT JOIN audited ON audited.remote_id = decision.remote_id
WHERE linked.remote_id IS NULL OR (decision.is_audited AND audited.remote_id IS NULL);
