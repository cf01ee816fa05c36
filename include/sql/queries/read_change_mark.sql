-- read_change_mark: whether the marks name all tickets that may be pending, and which they are. They do where
-- each trigger is there, is always enabled, may write, and is the same as at the last full comparison; where
-- the same notes are sent as then; and where that was less than a day ago by this clock.
-- params:  public_notes, internal_notes text[] (what is sent so, by note_type; null: whatever was)
-- returns: one row: present int (triggers that are there), triggers text (changes with them; null: not all are
--          in order), is_current boolean, is_left boolean (there was a full comparison),
--          ticket_ids uuid[] (null: more than are compared one by one), compared_at timestamptz,
--          is_recent boolean (that was in the last two days)
-- locks:   none
WITH expected (relation, name, function) AS (
    VALUES
        ('tickets', 'qcontact_change_mark', 'qcontact_mark_tickets()'),
        ('ticket_notes', 'qcontact_change_mark_insert', 'qcontact_mark_noted()'),
        ('ticket_notes', 'qcontact_change_mark_update', 'qcontact_mark_noted()')
), found AS (
    SELECT
        concat_ws(' ', tg.oid, tg.xmin, proc.oid, proc.xmin, mark.oid) AS version,
        -- A statement on a part of a table fires no trigger of the whole, and replication none at all.
        on_table.relkind = 'r'
        AND NOT on_table.relhassubclass
        AND NOT EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid = on_table.oid)
        AND tg.tgenabled = 'A'
        AND proc.oid IS NOT NULL
        AND has_schema_privilege(proc.proowner, mark.relnamespace, 'USAGE')
        AND has_table_privilege(proc.proowner, mark.oid, 'INSERT') AS is_in_order
    FROM expected
    INNER JOIN pg_class AS on_table ON on_table.oid = to_regclass(expected.relation)
    INNER JOIN pg_trigger AS tg ON tg.tgrelid = on_table.oid AND tg.tgname = expected.name
    LEFT JOIN pg_proc AS proc ON proc.oid = tg.tgfoid AND proc.oid = to_regprocedure(expected.function)
    CROSS JOIN pg_class AS mark
    WHERE mark.oid = to_regclass('qcontact_change_mark')
), summed AS (
    SELECT
        count(*)::int AS present,
        CASE WHEN count(*) FILTER (WHERE is_in_order) = 3 THEN md5(string_agg(version, ',' ORDER BY version)) END
            AS triggers
    FROM found
), marked AS (
    SELECT array_agg(DISTINCT ticket_id) AS ticket_ids, count(*) AS marks
    FROM (SELECT ticket_id FROM qcontact_change_mark LIMIT 20001) AS few
)
SELECT
    summed.present,
    summed.triggers,
    coalesce(
        summed.triggers = last.triggers
        AND last.note_types = coalesce(%(public_notes)s::text[] || %(internal_notes)s::text[], last.note_types)
        -- Less than a day, so that the run of the same time tomorrow compares again.
        AND last.compared_at BETWEEN now() - interval '20 hours' AND now(),
        false
    ) AS is_current,
    last.compared_at IS NOT NULL AS is_left,
    CASE WHEN marked.marks <= 20000 THEN coalesce(marked.ticket_ids, '{}') END AS ticket_ids,
    last.compared_at,
    coalesce(last.compared_at > now() - interval '2 days', false) AS is_recent
FROM summed
CROSS JOIN marked
LEFT JOIN qcontact_full_comparison AS last ON true;
