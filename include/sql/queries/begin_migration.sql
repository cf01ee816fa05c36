-- begin_migration: one migration at a time; whoever comes second finds nothing left to do.
-- params:  none
-- returns: one row
-- locks:   an advisory lock of the transaction
SELECT pg_advisory_xact_lock(hashtext('qcontact_sync/migrate'));
