-- intend_note: put on record that a note is about to be sent, before it is sent.
-- params:  note_id uuid, ticket_id uuid, remote_id text, idempotency_key text, equal_before int,
--          content_digest text (of what is sent), job_id uuid
-- returns: nothing
-- locks:   the note's row, until commit
INSERT INTO qcontact_note AS known (
    note_id, ticket_id, remote_id, state, idempotency_key, equal_before, content_digest, job_id, intended_at
)
VALUES (
    %(note_id)s, %(ticket_id)s, %(remote_id)s, 'intended', %(idempotency_key)s,
    %(equal_before)s, %(content_digest)s, %(job_id)s, now()
)
ON CONFLICT ON CONSTRAINT qcontact_note_pkey DO UPDATE
SET
    job_id = EXCLUDED.job_id,
    equal_before = EXCLUDED.equal_before,
    content_digest = EXCLUDED.content_digest
WHERE known.state = 'intended';
