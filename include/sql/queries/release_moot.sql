-- release_moot: entries whose ticket has nothing to send any more (the change was taken back, or
-- both sides came to agree) leave the quarantine. A doubtful note keeps its ticket's entry, and so
-- does a ticket that QContact does not know any more.
-- params:  public_notes, internal_notes text[] (what is sent so, by note_type)
-- returns: nothing
-- locks:   the entries, until commit
WITH held AS MATERIALIZED (
    SELECT entry.id, entry.remote_id, link.ticket_id
    FROM qcontact_quarantine AS entry
    INNER JOIN qcontact_ticket_link AS link ON link.remote_id = entry.remote_id
    LEFT JOIN tickets AS ticket ON ticket.id = link.ticket_id
    WHERE entry.direction = 'outbound'
      AND link.remote_gone_at IS NULL
      AND (
          ticket.id IS NULL
          OR (
              ticket.status IS NOT DISTINCT FROM link.base_status_local
              AND ticket.assigned_to IS NOT DISTINCT FROM link.base_assigned_local
          )
      )
)
DELETE FROM qcontact_quarantine AS entry
USING held
WHERE entry.id = held.id
  AND NOT EXISTS (
      SELECT
      FROM ticket_notes AS note
      LEFT JOIN qcontact_note AS known ON known.note_id = note.id
      WHERE note.ticket_id = held.ticket_id
        AND note.note_type = ANY(%(public_notes)s::text[] || %(internal_notes)s::text[])
        AND (known.note_id IS NULL OR known.state = 'intended')
  )
  AND NOT EXISTS (
      SELECT
      FROM qcontact_note AS note
      WHERE note.remote_id = held.remote_id AND note.state = 'doubtful'
  );
