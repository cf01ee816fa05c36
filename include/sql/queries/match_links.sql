-- match_links: which of these remote tickets are linked, and which differ from their base.
-- params:  remote_ids text[], fingerprints text[] (same order), job_id uuid, is_forced boolean
-- returns: one row per linked ticket; all but the first three only where it differs:
--          remote_id, is_unchanged, is_counted, ticket_id, base_status_local,
--          base_assigned_local, base_remote, fingerprint, remote_updated_at, frozen, turns
-- locks:   none; the lease keeps other writers away
SELECT
    link.remote_id,
    is_unchanged,
    coalesce(link.inbound_job_id = %(job_id)s, false) AS is_counted,
    CASE WHEN NOT is_unchanged THEN link.ticket_id END AS ticket_id,
    CASE WHEN NOT is_unchanged THEN link.base_status_local END AS base_status_local,
    CASE WHEN NOT is_unchanged THEN link.base_assigned_local::text END AS base_assigned_local,
    CASE WHEN NOT is_unchanged THEN link.base_remote END AS base_remote,
    CASE WHEN NOT is_unchanged THEN link.fingerprint END AS fingerprint,
    CASE WHEN NOT is_unchanged THEN link.remote_updated_at END AS remote_updated_at,
    CASE WHEN NOT is_unchanged THEN link.frozen END AS frozen,
    CASE WHEN NOT is_unchanged THEN link.turns END AS turns
FROM unnest(%(remote_ids)s::text[], %(fingerprints)s::text[]) AS listed (remote_id, fingerprint)
INNER JOIN qcontact_ticket_link AS link USING (remote_id)
CROSS JOIN LATERAL (
    SELECT
        link.fingerprint = listed.fingerprint
        AND link.frozen = '{}'
        AND NOT %(is_forced)s AS is_unchanged
) AS seen;
