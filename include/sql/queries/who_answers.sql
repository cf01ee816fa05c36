-- who_answers: the database as it sees itself.
-- params:  none
-- returns: one row: version text, database text, login text, encoding text,
--          at timestamptz (its clock)
-- locks:   none
SELECT
    current_setting('server_version') AS version, current_database()::text AS database,
    current_user::text AS login, current_setting('server_encoding') AS encoding,
    clock_timestamp() AS at;
