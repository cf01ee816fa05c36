-- claim_mail: the oldest mail that is still to be sent and that nobody else is sending. One that
-- could not be sent pauses for longer each time, at most six hours.
-- params:  tried_before timestamptz (only those not tried since), to_connection boolean (mails to an
--          Airflow connection, whose address is connection:ID, or those to people)
-- returns: one row or none: id uuid, address, subject, text_body, html_body text, thread uuid
-- locks:   the row, until commit
SELECT id, address, subject, text_body, html_body, thread
FROM qcontact_mail
WHERE sent_at IS NULL
  AND starts_with(address, 'connection:') = %(to_connection)s
  AND (
      tried_at IS NULL
      OR tried_at + least(interval '5 minutes' * 2 ^ least(attempts, 10), interval '6 hours')
          <= %(tried_before)s::timestamptz
  )
ORDER BY created_at, id
LIMIT 1
FOR UPDATE SKIP LOCKED;
