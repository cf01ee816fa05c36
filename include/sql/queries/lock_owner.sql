-- lock_owner: one caller at a time finds out whose database this is, and makes it its account's.
-- params:  none
-- returns: one row
-- locks:   a lock of its own, until commit
SELECT pg_advisory_xact_lock(hashtextextended('qcontact_owner', 0));
