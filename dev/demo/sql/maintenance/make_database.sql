-- make_database: the user that makes the sync's rows, beside the application's own tables.
-- returns: nothing
INSERT INTO users (id, first_name, email)
VALUES ('00000000-0000-4000-8000-000000000001', 'QContact sync', 'sync@example.test')
