-- migrations_done: which migrations were applied to this database.
-- params:  none
-- returns: rows: number int, checksum text
-- locks:   none
SELECT number, checksum
FROM qcontact_migration;
