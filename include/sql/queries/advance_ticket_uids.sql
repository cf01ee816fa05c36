-- advance_ticket_uids: let our counter go on behind the highest ticket_uid in use.
-- params:  none
-- returns: one row
-- locks:   none
SELECT setval('qcontact_ticket_uid_seq', greatest(seq.last_value, used.highest))
FROM qcontact_ticket_uid_seq AS seq,
    (
        SELECT coalesce(max(substr(ticket_uid, 3)::bigint), 0) AS highest
        FROM tickets
        WHERE ticket_uid ~ '^FT[0-9]{6,9}$'
    ) AS used;
