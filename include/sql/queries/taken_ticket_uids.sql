-- taken_ticket_uids: which of these case references are in use.
-- params:  ticket_uids text[]
-- returns: rows: ticket_uid text
-- locks:   none
SELECT ticket_uid
FROM tickets
WHERE ticket_uid = ANY(%(ticket_uids)s::text[]);
