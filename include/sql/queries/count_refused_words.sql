-- count_refused_words: words that tickets of QContact's hold, and that their columns do not take any more:
-- a constraint that came after these rows.
-- params:  words jsonb (an object: arrays of the words that a column takes, by field)
-- returns: rows: field, word text, tickets int, most first
-- locks:   none
SELECT held.field, held.word, count(*)::int AS tickets
FROM tickets AS ticket
CROSS JOIN LATERAL (
    VALUES
        ('status', ticket.status::text), ('priority', ticket.priority::text),
        ('ticket_type', ticket.ticket_type::text)
) AS held (field, word)
WHERE ticket.source = 'qcontact'
  AND jsonb_exists(%(words)s::jsonb, held.field)
  AND NOT jsonb_exists(%(words)s::jsonb -> held.field, held.word)
GROUP BY held.field, held.word
ORDER BY tickets DESC, held.field, held.word;
