-- take_lease: become the one writer of an account, if it is free, expired or mine already.
-- params:  account text, holder text, ttl_s float, host text, pid int
-- returns: one row: fence bigint; no row where somebody else holds it
-- locks:   the lease row, until commit
INSERT INTO qcontact_lease AS lease (account, holder, fence, expires_at, host, pid)
VALUES (
    %(account)s, %(holder)s, 1,
    clock_timestamp() + make_interval(secs => %(ttl_s)s), %(host)s, %(pid)s
)
ON CONFLICT ON CONSTRAINT qcontact_lease_pkey DO UPDATE
SET holder     = EXCLUDED.holder,
    fence      = lease.fence + 1,
    expires_at = EXCLUDED.expires_at,
    host       = EXCLUDED.host,
    pid        = EXCLUDED.pid
WHERE lease.holder IS NULL
   OR lease.holder = EXCLUDED.holder
   OR lease.expires_at < clock_timestamp()
RETURNING lease.fence;
