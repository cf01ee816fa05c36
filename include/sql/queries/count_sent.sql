-- count_sent: these tickets are part of this run's outbound counts.
-- params:  remote_ids text[], updated int (how many of them had something to send), job_id uuid
-- returns: nothing
-- locks:   the links, the direction's row, until commit
WITH counted AS (
    UPDATE qcontact_ticket_link
    SET outbound_job_id = %(job_id)s
    WHERE remote_id = ANY(%(remote_ids)s::text[])
)
UPDATE qcontact_run_direction
SET processed  = processed + cardinality(%(remote_ids)s::text[]),
    successful = successful + %(updated)s,
    updated    = updated + %(updated)s,
    skipped    = skipped + cardinality(%(remote_ids)s::text[]) - %(updated)s
WHERE job_id = %(job_id)s AND direction = 'outbound';
