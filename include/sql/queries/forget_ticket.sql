-- forget_ticket: remove what the sync keeps of a ticket. Its audit rows stay, emptied and marked.
-- params:  remote_id text, mark jsonb
-- returns: one row: links, conflicts, quarantined, notes, payloads bigint (rows removed or emptied)
-- locks:   the ticket's rows, until commit
WITH links AS (
    DELETE FROM qcontact_ticket_link WHERE remote_id = %(remote_id)s RETURNING 1
), unlinked AS (
    DELETE FROM qcontact_unlinked WHERE remote_id = %(remote_id)s
), listed AS (
    DELETE FROM qcontact_listed_row WHERE remote_id = %(remote_id)s
), conflicts AS (
    DELETE FROM qcontact_conflict WHERE remote_id = %(remote_id)s RETURNING 1
), quarantined AS (
    DELETE FROM qcontact_quarantine WHERE remote_id = %(remote_id)s RETURNING 1
), notes AS (
    DELETE FROM qcontact_note WHERE remote_id = %(remote_id)s RETURNING 1
), payloads AS (
    UPDATE qcontact_sync_log
    SET request_payload = %(mark)s::jsonb, response_payload = NULL
    WHERE qcontact_ticket_id = left(%(remote_id)s, 100)
      AND coalesce(request_payload, '{}'::jsonb) -> 'forgotten_at' IS NULL
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM links) AS links,
    (SELECT count(*) FROM conflicts) AS conflicts,
    (SELECT count(*) FROM quarantined) AS quarantined,
    (SELECT count(*) FROM notes) AS notes,
    (SELECT count(*) FROM payloads) AS payloads;
