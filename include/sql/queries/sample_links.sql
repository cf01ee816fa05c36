-- sample_links: the next tickets to compare, where the last sample ended and then from the start.
-- Left out: what is gone in QContact, in quarantine, or waits for a person.
-- params:  account text, size int
-- returns: rows: remote_id text
-- locks:   none
WITH last AS (
    SELECT coalesce(
        (
            SELECT last_id FROM qcontact_sample
            WHERE account = %(account)s ORDER BY compared_at DESC LIMIT 1
        ),
        ''
    ) AS id
), candidate AS (
    (
        SELECT link.remote_id, 0 AS round
        FROM qcontact_ticket_link AS link
        CROSS JOIN last
        WHERE link.remote_id > last.id AND link.remote_gone_at IS NULL AND link.frozen = '{}'
        ORDER BY link.remote_id
        LIMIT %(size)s
    )
    UNION ALL
    (
        SELECT link.remote_id, 1
        FROM qcontact_ticket_link AS link
        CROSS JOIN last
        WHERE link.remote_id <= last.id AND link.remote_gone_at IS NULL AND link.frozen = '{}'
        ORDER BY link.remote_id
        LIMIT %(size)s
    )
)
SELECT remote_id
FROM candidate
WHERE NOT EXISTS (
    SELECT FROM qcontact_quarantine AS entry WHERE entry.remote_id = candidate.remote_id
)
ORDER BY round, remote_id
LIMIT %(size)s;
