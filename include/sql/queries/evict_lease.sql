-- evict_lease: end the lease of a holder whose process is known to be gone.
-- params:  account text, holder text, fence bigint
-- returns: nothing
-- locks:   the lease row, until commit
UPDATE qcontact_lease
SET expires_at = clock_timestamp() - interval '1 second'
WHERE account = %(account)s AND holder = %(holder)s AND fence = %(fence)s;
