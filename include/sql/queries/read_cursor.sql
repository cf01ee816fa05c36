-- read_cursor: everything inbound before it is settled.
-- params:  account text
-- returns: at most one row: settled_until timestamptz
-- locks:   none
SELECT settled_until
FROM qcontact_cursor
WHERE account = %(account)s;
