-- release_lease: let the next writer in at once.
-- params:  account text, holder text, fence bigint
-- returns: nothing
-- locks:   the lease row, until commit
UPDATE qcontact_lease
SET holder = NULL, expires_at = NULL, host = NULL, pid = NULL
WHERE account = %(account)s AND holder = %(holder)s AND fence = %(fence)s;
