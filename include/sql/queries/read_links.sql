-- read_links: pairs with their bases, to send from.
-- params:  remote_ids text[], job_id uuid
-- returns: one row per link: remote_id, ticket_id, base_status_local, base_assigned_local,
--          base_remote, fingerprint, remote_updated_at, frozen, turns, outbound_version (what a refusal
--          is remembered by), is_counted (in this run's outbound counts), has_failed (in quarantine,
--          failed in this run, or known as gone: `release_quarantine` has something to do)
-- locks:   none; the lease keeps other writers away
SELECT
    link.remote_id, link.ticket_id, link.base_status_local,
    link.base_assigned_local::text AS base_assigned_local, link.base_remote, link.fingerprint,
    link.remote_updated_at, link.frozen, link.turns,
    coalesce(link.outbound_job_id = %(job_id)s, false) AS is_counted,
    (
        link.remote_gone_at IS NOT NULL
        OR EXISTS (
            SELECT FROM qcontact_quarantine AS entry
            WHERE entry.remote_id = link.remote_id AND entry.direction = 'outbound'
        )
        OR EXISTS (
            SELECT FROM qcontact_run_error AS failure
            WHERE failure.job_id = %(job_id)s
              AND failure.direction = 'outbound'
              AND failure.remote_id = link.remote_id
        )
    ) AS has_failed,
    md5(concat_ws('|', ticket.status, ticket.assigned_to::text, link.fingerprint))
        AS outbound_version
FROM qcontact_ticket_link AS link
LEFT JOIN tickets AS ticket ON ticket.id = link.ticket_id
WHERE link.remote_id = ANY(%(remote_ids)s::text[]);
