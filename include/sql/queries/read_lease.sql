-- read_lease: who holds the account.
-- params:  account text
-- returns: at most one row: holder text, fence bigint, host text, pid int
-- locks:   none
SELECT holder, fence, host, pid
FROM qcontact_lease
WHERE account = %(account)s AND holder IS NOT NULL;
