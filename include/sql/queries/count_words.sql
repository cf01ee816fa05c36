-- count_words: which of QContact's words stand beside which of FibreFlow's, over all linked tickets.
-- params:  fields text[] (columns of tickets that are fields of a base, too)
-- returns: rows: field text, remote text, local text (null where there is none), tickets bigint
-- locks:   none
SELECT
    word.field,
    link.base_remote ->> word.field AS remote,
    to_jsonb(ticket) ->> word.field AS local,
    count(*) AS tickets
FROM qcontact_ticket_link AS link
INNER JOIN tickets AS ticket ON ticket.id = link.ticket_id
CROSS JOIN unnest(%(fields)s::text[]) AS word (field)
WHERE jsonb_exists(link.base_remote, word.field)
GROUP BY word.field, remote, local
ORDER BY word.field, tickets DESC, remote, local;
