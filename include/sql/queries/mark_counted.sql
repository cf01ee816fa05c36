-- mark_counted: these tickets are part of this run's outbound counts.
-- params:  remote_ids text[], job_id uuid
-- returns: nothing
-- locks:   the links, until commit
UPDATE qcontact_ticket_link
SET outbound_job_id = %(job_id)s
WHERE remote_id = ANY(%(remote_ids)s::text[]);
