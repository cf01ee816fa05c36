-- find_to_forget: what the sync still knows of a ticket, by QContact id or FibreFlow uuid. Its
-- ticket_uid went with FibreFlow's row.
-- params:  given text
-- returns: rows: remote_id text, is_here boolean (FibreFlow still has a row of it), lacks text
--          (a table that this user may not change; null: none)
-- locks:   none
WITH known AS (
    SELECT remote_id, ticket_id FROM qcontact_ticket_link
    WHERE remote_id = %(given)s OR ticket_id::text = lower(%(given)s)
    UNION
    SELECT remote_id, ticket_id FROM qcontact_quarantine
    WHERE remote_id = %(given)s OR ticket_id::text = lower(%(given)s)
    UNION
    SELECT remote_id, ticket_id FROM qcontact_conflict
    WHERE remote_id = %(given)s OR ticket_id::text = lower(%(given)s)
    UNION
    SELECT qcontact_ticket_id, ticket_id FROM qcontact_sync_log
    WHERE qcontact_ticket_id = %(given)s OR ticket_id::text = lower(%(given)s)
)
SELECT
    remote_id,
    bool_or(EXISTS (
        SELECT FROM tickets
        WHERE tickets.id = known.ticket_id
           OR (tickets.source = 'qcontact' AND tickets.external_id = known.remote_id)
    )) AS is_here,
    (
        SELECT min(name)
        FROM (VALUES ('qcontact_ticket_link', 'DELETE'), ('qcontact_sync_log', 'UPDATE'))
            AS needed (name, privilege)
        WHERE NOT has_table_privilege(to_regclass(name), privilege)
    ) AS lacks
FROM known
WHERE remote_id IS NOT NULL
GROUP BY remote_id;
