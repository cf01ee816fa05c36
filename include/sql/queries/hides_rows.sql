-- hides_rows: whether row level security policies decide which tickets this user sees and writes: a row
-- that is not found need not be deleted.
-- params:  none
-- returns: one row: hides_rows boolean
-- locks:   none
SELECT row_security_active(to_regclass('tickets')) AS hides_rows;
