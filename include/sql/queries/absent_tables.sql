-- absent_tables: which of these names lead to no table or view.
-- params:  names text[] (as a statement writes them)
-- returns: rows: name text
-- locks:   none
SELECT name
FROM unnest(%(names)s::text[]) AS name
WHERE to_regclass(name) IS NULL
ORDER BY name;
