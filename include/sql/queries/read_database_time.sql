-- read_database_time: the database's clock.
-- params:  none
-- returns: one row: now timestamptz
-- locks:   none
SELECT clock_timestamp() AS now;
