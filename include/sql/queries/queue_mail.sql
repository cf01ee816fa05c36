-- queue_mail: a mail to send, once to each address.
-- params:  addresses text[], subject, text_body, html_body text
-- returns: nothing
-- locks:   none but the rows it adds
INSERT INTO qcontact_mail (address, subject, text_body, html_body)
SELECT address, %(subject)s, %(text_body)s, %(html_body)s
FROM unnest(%(addresses)s::text[]) AS address;
