-- begin_read_only: a transaction that writes nothing; see begin.
-- params:  none
-- returns: nothing
-- locks:   none
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
