-- migrations_done: which migrations were applied to this database. The list that an earlier version
-- made has no works_from until the next `migrate`.
-- params:  none
-- returns: rows: number int, checksum text, works_from int
-- locks:   none
SELECT number, checksum, (to_jsonb(migration) ->> 'works_from')::int AS works_from
FROM qcontact_migration AS migration;
