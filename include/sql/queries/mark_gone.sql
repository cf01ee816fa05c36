-- mark_gone: QContact does not know this ticket any more; nothing is sent until it shows up again.
-- params:  remote_ids text[]
-- returns: nothing
-- locks:   the links, until commit
UPDATE qcontact_ticket_link
SET remote_gone_at = now()
WHERE remote_id = ANY(%(remote_ids)s::text[]);
