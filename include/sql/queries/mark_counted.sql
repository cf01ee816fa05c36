-- mark_counted: the ticket is part of this run's outbound counts.
-- params:  remote_id text, job_id uuid
-- returns: nothing
-- locks:   the link, until commit
UPDATE qcontact_ticket_link
SET outbound_job_id = %(job_id)s
WHERE remote_id = %(remote_id)s;
