-- count_links: how many pairs there are.
-- params:  none
-- returns: one row: links bigint
-- locks:   none
SELECT count(*) AS links
FROM qcontact_ticket_link;
