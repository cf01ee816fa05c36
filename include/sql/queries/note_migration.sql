-- note_migration: a migration was applied.
-- params:  number int, name text, checksum text, works_from int
-- returns: nothing
-- locks:   none but the row it adds
INSERT INTO qcontact_migration (number, name, checksum, works_from)
VALUES (%(number)s, %(name)s, %(checksum)s, %(works_from)s);
