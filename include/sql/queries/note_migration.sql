-- note_migration: a migration was applied.
-- params:  number int, name text, checksum text
-- returns: nothing
-- locks:   none but the row it adds
INSERT INTO qcontact_migration (number, name, checksum)
VALUES (%(number)s, %(name)s, %(checksum)s);
