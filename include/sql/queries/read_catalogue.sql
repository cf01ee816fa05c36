-- read_catalogue: FibreFlow's tables as they are: what each column takes, and what else decides whether a
-- row can be written.
-- params:  names text[] (as a statement writes them)
-- returns: one row per table or view that is there, see the columns; writes is pg_relation_is_updatable's
--          number (4 updates, 8 inserts), columns an array of objects: name, type, category (PostgreSQL's
--          of its type), room (characters; null: any number), is_required, is_generated, is_computed (of a view),
--          words (those that its CHECK or enum takes; null: any)
-- locks:   none
WITH relation AS (
    SELECT name, pg_class.oid, relkind, relispartition
    FROM unnest(%(names)s::text[]) AS name
    INNER JOIN pg_class ON pg_class.oid = to_regclass(name)
), checked AS (
    -- CHECKs on one column that list its words; PostgreSQL writes IN as = ANY (ARRAY[...]).
    SELECT conrelid, conkey[1] AS attnum, conname, definition, words
    FROM relation
    INNER JOIN pg_constraint ON conrelid = relation.oid AND contype = 'c'
    CROSS JOIN LATERAL pg_get_constraintdef(pg_constraint.oid) AS definition
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN cardinality(conkey) = 1
                AND definition ~ '^CHECK \(+\w+"?\)?(::text)? = ANY \(+ARRAY\[[^]]*\](\)?::text\[\])?\)+( NOT VALID)?$'
                THEN ARRAY(
                    SELECT replace(found[1], '''''', '''')
                    FROM regexp_matches(definition, '''((?:[^'']|'''')*)''::', 'g') AS found
                )
        END AS words
    ) AS listed
), described AS (
    SELECT
        relation.oid,
        jsonb_agg(
            jsonb_build_object(
                'name', attname,
                'type', format_type(atttypid, atttypmod),
                'category', kind.typcategory,
                'room', CASE
                    WHEN atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND atttypmod > 4
                        THEN atttypmod - 4
                END,
                'is_required', attnotnull AND NOT atthasdef AND attidentity = '',
                'is_generated', attgenerated <> '' OR attidentity = 'a',
                'is_computed', relkind = 'v'
                    AND pg_relation_is_updatable(relation.oid, true) & 12 = 12
                    AND NOT pg_column_is_updatable(relation.oid, attnum, true),
                'words', coalesce(
                    (
                        SELECT to_jsonb(words) FROM checked
                        WHERE conrelid = relation.oid AND checked.attnum = att.attnum AND words IS NOT NULL
                        LIMIT 1
                    ),
                    (
                        SELECT jsonb_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum
                        WHERE enumtypid = atttypid
                    )
                )
            )
            ORDER BY attnum
        ) AS columns
    FROM relation
    INNER JOIN pg_attribute AS att ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
    INNER JOIN pg_type AS kind ON kind.oid = atttypid
    GROUP BY relation.oid
)
SELECT
    relation.name,
    CASE relation.relkind
        WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
        WHEN 'm' THEN 'materialized view' ELSE 'foreign table'
    END AS kind,
    relation.relispartition AS is_partition,
    pg_relation_is_updatable(relation.oid, true) & 12 AS writes,
    ARRAY(
        SELECT tgname::text FROM pg_trigger
        WHERE tgrelid = relation.oid AND NOT tgisinternal AND tgenabled <> 'D'
        ORDER BY tgname
    ) AS triggers,
    -- PostgreSQL takes no rule of these kinds where several tables are written in one statement.
    ARRAY(
        SELECT rulename::text FROM pg_rewrite
        WHERE ev_class = relation.oid AND ev_type IN ('2', '3')
        ORDER BY rulename
    ) AS rules,
    ARRAY(
        SELECT conname::text FROM checked WHERE conrelid = relation.oid AND words IS NULL ORDER BY conname
    ) AS checks,
    described.columns
FROM relation
INNER JOIN described ON described.oid = relation.oid
ORDER BY relation.name;
