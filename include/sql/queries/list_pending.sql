-- list_pending: tickets with something to send: a two-way field that moved here (compared by
-- state, so that it is right in whatever order transactions commit), or a note never sent.
-- What QContact refused waits until either side or the notes to send change, or its next try is due
-- (not in a dated run, which leaves the quarantine alone).
-- params:  remote_ids text[] (null: all), ticket_ids uuid[] (null: all; others have no change),
--          window_start, window_end timestamp (null: unbounded),
--          public_notes, internal_notes text[] (what is sent so, by note_type)
-- returns: rows: remote_id text, oldest change first
-- locks:   none
WITH held AS MATERIALIZED (
    SELECT entry.remote_id, entry.version, link.ticket_id
    FROM qcontact_quarantine AS entry
    INNER JOIN qcontact_ticket_link AS link ON link.remote_id = entry.remote_id
    WHERE entry.direction = 'outbound'
      AND (
          entry.dismissed_at IS NOT NULL
          OR entry.next_try_at IS NULL
          OR entry.next_try_at > now()
          OR %(window_end)s::timestamp IS NOT NULL
      )
), waiting AS MATERIALIZED (
    -- As `core.outbound.version_with` reckons it; one pass, as FibreFlow's notes need have no index.
    SELECT
        note.ticket_id,
        '/' || md5(string_agg(note.id::text || md5(note.content), ',' ORDER BY note.id)) AS version
    FROM ticket_notes AS note
    LEFT JOIN qcontact_note AS known ON known.note_id = note.id
    WHERE note.ticket_id IN (SELECT ticket_id FROM held)
      AND note.note_type = ANY(%(public_notes)s::text[] || %(internal_notes)s::text[])
      AND (known.note_id IS NULL OR known.state = 'intended')
    GROUP BY note.ticket_id
)
SELECT link.remote_id
FROM qcontact_ticket_link AS link
INNER JOIN tickets AS ticket ON ticket.id = link.ticket_id
WHERE link.remote_gone_at IS NULL
  AND (%(remote_ids)s::text[] IS NULL OR link.remote_id = ANY(%(remote_ids)s::text[]))
  -- Of both tables, so that neither is read whole for the other.
  AND (%(ticket_ids)s::uuid[] IS NULL OR link.ticket_id = ANY(%(ticket_ids)s::uuid[]))
  AND (%(ticket_ids)s::uuid[] IS NULL OR ticket.id = ANY(%(ticket_ids)s::uuid[]))
  AND (%(window_start)s::timestamp IS NULL OR ticket.updated_at >= %(window_start)s::timestamp)
  AND (%(window_end)s::timestamp IS NULL OR ticket.updated_at < %(window_end)s::timestamp)
  AND (
      (ticket.status IS DISTINCT FROM link.base_status_local AND 'status' <> ALL(link.frozen))
      OR (
          ticket.assigned_to IS DISTINCT FROM link.base_assigned_local
          AND 'assigned_to' <> ALL(link.frozen)
      )
      OR link.ticket_id IN (
          SELECT note.ticket_id
          FROM ticket_notes AS note
          LEFT JOIN qcontact_note AS known ON known.note_id = note.id
          WHERE (%(ticket_ids)s::uuid[] IS NULL OR note.ticket_id = ANY(%(ticket_ids)s::uuid[]))
            AND note.note_type = ANY(%(public_notes)s::text[] || %(internal_notes)s::text[])
            AND (known.note_id IS NULL OR known.state = 'intended')
      )
  )
  AND NOT EXISTS (
      SELECT
      FROM held
      LEFT JOIN waiting ON waiting.ticket_id = held.ticket_id
      WHERE held.remote_id = link.remote_id
        AND held.version = md5(
            concat_ws('|', ticket.status, ticket.assigned_to::text, link.fingerprint)
        ) || coalesce(waiting.version, '')
  )
ORDER BY ticket.updated_at, link.remote_id;
