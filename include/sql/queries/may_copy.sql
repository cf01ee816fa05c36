-- may_copy: whether COPY into the three tables of a new ticket writes each row as given, or fails: plain
-- tables without policies for this user, without rules, and without triggers that may drop or change a row.
-- params:  none
-- returns: one row: may_copy boolean, present timestamp (what closed_at gets, in UTC)
-- locks:   none
SELECT
    now() AT TIME ZONE 'utc' AS present,
    NOT EXISTS (
        SELECT
        FROM (
            VALUES
                ('tickets'::regclass),
                ('qcontact_ticket_link'::regclass),
                ('qcontact_sync_log'::regclass)
        ) AS target (id)
        INNER JOIN pg_class AS found ON found.oid = target.id
        WHERE found.relkind <> 'r'
           OR row_security_active(target.id)
           OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = target.id)
           OR EXISTS (
               SELECT
               FROM pg_trigger
               WHERE tgrelid = target.id
                 AND NOT tgisinternal
                 AND tgenabled <> 'D'
                 -- Bits: for each row (1), before (2), of an insert (4).
                 AND tgtype & 7 = 7
           )
    ) AS may_copy;
