-- settle_mail: a mail was sent, or could not be.
-- params:  id uuid, problem text (null: it was sent)
-- returns: nothing
-- locks:   the mail, until commit
UPDATE qcontact_mail
SET attempts = attempts + 1,
    tried_at = clock_timestamp(),
    problem  = %(problem)s,
    sent_at  = CASE WHEN %(problem)s::text IS NULL THEN clock_timestamp() END
WHERE id = %(id)s;
