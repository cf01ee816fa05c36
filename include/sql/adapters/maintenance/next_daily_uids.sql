-- next_daily_uids: numbers for new tickets from the application's own counter, by the day of the case.
-- Fewer rows than asked where some were taken.
-- params:  days date[] (one for each ticket; null: today in UTC)
-- returns: rows: place bigint (of the ticket among days, from 1), ticket_uid text
-- locks:   the counters of these days, until commit: the application waits for it where it makes a
--          ticket of the same day
WITH given AS (
    SELECT
        place, day,
        row_number() OVER (PARTITION BY day ORDER BY place) AS nth,
        count(*) OVER (PARTITION BY day) AS tickets
    FROM unnest(%(days)s::date[]) WITH ORDINALITY AS asked (asked_day, place)
    CROSS JOIN LATERAL coalesce(asked_day, current_date) AS day
), counted AS (
    INSERT INTO maintenance_ticket_sequences AS counter (sequence_date, last_sequence)
    SELECT day, count(*) FROM given GROUP BY day ORDER BY day
    ON CONFLICT (sequence_date) DO UPDATE
    SET last_sequence = counter.last_sequence + EXCLUDED.last_sequence
    RETURNING sequence_date, last_sequence
), numbered AS (
    SELECT given.place, given.day, (counted.last_sequence - given.tickets + given.nth)::text AS number
    FROM given
    INNER JOIN counted ON counted.sequence_date = given.day
), drawn AS (
    SELECT
        place,
        'VF-' || to_char(day, 'YYYYMMDD') || '-' || lpad(number, greatest(3, length(number)), '0')
            AS ticket_uid
    FROM numbered
)
SELECT place, ticket_uid
FROM drawn
WHERE NOT EXISTS (
    SELECT FROM maintenance_tickets AS ticket WHERE ticket.ticket_uid = drawn.ticket_uid
)
ORDER BY place;
