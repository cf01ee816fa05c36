-- read_listed_rows: what is remembered of every case: linked ones, and those whose detail was read.
-- params:  job_id uuid, finished text[] (statuses that end a ticket)
-- returns: rows: remote_id text, digest text (null: never settled from a list), age interval (null:
--          never looked at), is_finished, is_linked, is_gone, is_counted (settled in this run) boolean
-- locks:   none
SELECT
    coalesce(link.remote_id, listed.remote_id) AS remote_id,
    listed.digest,
    now() - listed.looked_at AS age,
    coalesce(link.base_status_local = ANY(%(finished)s::text[]), false) AS is_finished,
    link.remote_id IS NOT NULL AS is_linked,
    link.remote_gone_at IS NOT NULL AS is_gone,
    coalesce(listed.job_id = %(job_id)s, false) AS is_counted
FROM qcontact_ticket_link AS link
FULL JOIN qcontact_listed_row AS listed ON listed.remote_id = link.remote_id;
