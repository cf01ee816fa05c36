-- has_ledger: whether any migration was ever applied, and whether the list has all its columns.
-- params:  none
-- returns: one row: exists boolean, is_wide boolean
-- locks:   none
SELECT
    to_regclass('qcontact_migration') IS NOT NULL AS exists,
    EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = to_regclass('qcontact_migration') AND attname = 'works_from'
    ) AS is_wide;
