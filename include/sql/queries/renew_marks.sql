-- renew_marks: afterwards each ticket that was compared has one mark if it differs from what was agreed on or has
-- a note to send, and none otherwise. What is frozen, gone, in quarantine or doubtful keeps its mark: it may
-- become pending without a change of the ticket. All is seen as of one moment, and a mark comes with the change
-- that it stands for: a change that is not seen yet has a mark that is not seen either, and that stays.
-- params:  ticket_ids uuid[] (null: all tickets, whether or not they have a mark),
--          public_notes, internal_notes text[] (what is sent so, by note_type)
-- returns: nothing
-- locks:   the marks that go, until commit
WITH noted AS MATERIALIZED (
    SELECT DISTINCT note.ticket_id
    FROM ticket_notes AS note
    LEFT JOIN qcontact_note AS known ON known.note_id = note.id
    WHERE (%(ticket_ids)s::uuid[] IS NULL OR note.ticket_id = ANY(%(ticket_ids)s::uuid[]))
      AND note.note_type = ANY(%(public_notes)s::text[] || %(internal_notes)s::text[])
      AND (known.note_id IS NULL OR known.state IN ('intended', 'doubtful'))
), differing AS MATERIALIZED (
    SELECT link.ticket_id
    FROM qcontact_ticket_link AS link
    INNER JOIN tickets AS ticket ON ticket.id = link.ticket_id
    LEFT JOIN noted ON noted.ticket_id = link.ticket_id
    -- Of both tables, so that neither is read whole for the other.
    WHERE (%(ticket_ids)s::uuid[] IS NULL OR link.ticket_id = ANY(%(ticket_ids)s::uuid[]))
      AND (%(ticket_ids)s::uuid[] IS NULL OR ticket.id = ANY(%(ticket_ids)s::uuid[]))
      AND (
          ticket.status IS DISTINCT FROM link.base_status_local
          OR ticket.assigned_to IS DISTINCT FROM link.base_assigned_local
          OR noted.ticket_id IS NOT NULL
      )
), dropped AS (
    DELETE FROM qcontact_change_mark AS mark
    USING (
        SELECT
            one.entry,
            differing.ticket_id IS NOT NULL
            AND one.entry = max(one.entry) OVER (PARTITION BY one.ticket_id) AS is_kept
        FROM qcontact_change_mark AS one
        LEFT JOIN differing ON differing.ticket_id = one.ticket_id
        WHERE %(ticket_ids)s::uuid[] IS NULL OR one.ticket_id = ANY(%(ticket_ids)s::uuid[])
    ) AS compared
    WHERE mark.entry = compared.entry AND NOT compared.is_kept
)
INSERT INTO qcontact_change_mark (ticket_id)
SELECT differing.ticket_id
FROM differing
WHERE NOT EXISTS (
    SELECT
    FROM qcontact_change_mark AS mark
    WHERE mark.ticket_id = differing.ticket_id
);
