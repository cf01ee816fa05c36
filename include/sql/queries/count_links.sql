-- count_links: how many pairs there are.
-- params:  at_most bigint (what is counted to; null: all)
-- returns: one row: links bigint
-- locks:   none
SELECT count(*) AS links
FROM (SELECT FROM qcontact_ticket_link LIMIT %(at_most)s) AS link;
