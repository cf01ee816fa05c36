-- renew_lease: stay the writer; part of every transaction, so that one who lost the lease while
-- asleep cannot commit.
-- params:  account text, holder text, fence bigint, ttl_s float
-- returns: one row: fence bigint; no row where the lease is lost
-- locks:   the lease row, until commit
UPDATE qcontact_lease
SET expires_at = clock_timestamp() + make_interval(secs => %(ttl_s)s)
WHERE account = %(account)s AND holder = %(holder)s AND fence = %(fence)s
RETURNING fence;
