-- match_received: which of these remote tickets are linked, and which of them were settled as the object that
-- was received now says. What was received counts only for the base that it was settled with.
-- Nothing is on record against one that is settled: `release_quarantine` has nothing to do for it.
-- params:  remote_ids text[], digests text[] (same order), job_id uuid, direction text
-- returns: up to four rows, of all linked tickets: remote_ids text[], is_settled, is_counted
-- locks:   none; the lease keeps other writers away
SELECT
    array_agg(link.remote_id) AS remote_ids,
    coalesce(link.received = md5(listed.digest || link.fingerprint), false)
        AND link.frozen = '{}'
        AND link.remote_gone_at IS NULL
        -- OFFSET 0: by key, too. The planner would read the whole quarantine a batch.
        AND NOT EXISTS (
            SELECT FROM qcontact_quarantine AS entry WHERE entry.remote_id = link.remote_id OFFSET 0
        )
        AND NOT EXISTS (
            SELECT
            FROM qcontact_run_error AS failed
            WHERE failed.job_id = %(job_id)s
              AND failed.direction = %(direction)s
              AND failed.remote_id = link.remote_id
        ) AS is_settled,
    coalesce(link.inbound_job_id = %(job_id)s, false) AS is_counted
FROM unnest(%(remote_ids)s::text[], %(digests)s::text[]) AS listed (remote_id, digest)
CROSS JOIN LATERAL (
    -- OFFSET 0: by key. Nothing keeps statistics of this table in time for a first import, and without
    -- them the planner reads all links a batch.
    SELECT
        linked.remote_id, linked.received, linked.fingerprint, linked.frozen, linked.remote_gone_at,
        linked.inbound_job_id
    FROM qcontact_ticket_link AS linked
    WHERE linked.remote_id = listed.remote_id
    OFFSET 0
) AS link
GROUP BY is_settled, is_counted;
