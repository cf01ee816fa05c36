-- has_ledger: whether any migration was ever applied.
-- params:  none
-- returns: one row: exists boolean
-- locks:   none
SELECT to_regclass('qcontact_migration') IS NOT NULL AS exists;
