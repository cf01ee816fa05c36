-- advance_ticket_uids: let our counter go on behind the highest ticket_uid that was issued here. A case
-- reference that came with a ticket is no such number: anybody may write one into a title.
-- params:  none
-- returns: one row: counter bigint, highest int (the highest number of six digits in use, or null)
-- locks:   none
SELECT
    setval('qcontact_ticket_uid_seq', greatest(seq.last_value, used.issued)) AS counter,
    used.highest
FROM qcontact_ticket_uid_seq AS seq,
    (
        SELECT
            coalesce(max(number) FILTER (WHERE is_issued), 0) AS issued,
            max(number) FILTER (WHERE number < 1000000)::int AS highest
        FROM (
            SELECT
                substr(ticket_uid, 3)::bigint AS number,
                source <> 'qcontact'
                OR position(ticket_uid IN concat_ws(' ', external_id, title)) = 0 AS is_issued
            FROM tickets
            WHERE ticket_uid ~ '^FT[0-9]{6,9}$'
        ) AS numbered
    ) AS used;
