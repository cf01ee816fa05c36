-- match_received: which of these remote tickets are linked, and which of them were settled as the object that
-- was received now says. What was received counts only for the base that it was settled with.
-- params:  remote_ids text[], digests text[] (same order), job_id uuid
-- returns: up to four rows, of all linked tickets: remote_ids text[], is_settled, is_counted
-- locks:   none; the lease keeps other writers away
SELECT
    array_agg(link.remote_id) AS remote_ids,
    coalesce(link.received = md5(listed.digest || link.fingerprint), false)
        AND link.frozen = '{}' AS is_settled,
    coalesce(link.inbound_job_id = %(job_id)s, false) AS is_counted
FROM unnest(%(remote_ids)s::text[], %(digests)s::text[]) AS listed (remote_id, digest)
CROSS JOIN LATERAL (
    -- OFFSET 0: by key. Nothing keeps statistics of this table in time for a first import, and without
    -- them the planner reads all links a batch.
    SELECT linked.remote_id, linked.received, linked.fingerprint, linked.frozen, linked.inbound_job_id
    FROM qcontact_ticket_link AS linked
    WHERE linked.remote_id = listed.remote_id
    OFFSET 0
) AS link
GROUP BY is_settled, is_counted;
