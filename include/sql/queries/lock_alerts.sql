-- lock_alerts: one caller at a time decides about an account's alerts; the others wait.
-- params:  account text
-- returns: one row
-- locks:   a lock of its own, until commit
SELECT pg_advisory_xact_lock(hashtextextended('qcontact_alert/' || %(account)s, 0));
