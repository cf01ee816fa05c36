-- queue_mail: a mail to send, once to each address. The first mail of a thread has the thread's id.
-- params:  addresses text[], subject, text_body, html_body, thread text, is_first boolean
-- returns: nothing
-- locks:   none but the rows it adds
INSERT INTO qcontact_mail (id, thread, address, subject, text_body, html_body)
SELECT
    CASE WHEN %(is_first)s THEN begun.thread ELSE gen_random_uuid() END,
    begun.thread, begun.address, %(subject)s, %(text_body)s, %(html_body)s
FROM (
    SELECT address, md5(%(thread)s || ' ' || address)::uuid AS thread
    FROM unnest(%(addresses)s::text[]) AS address
) AS begun;
