-- has_ledger: whether any migration was ever applied where this session looks, and where else;
-- and whether the list has all its columns.
-- params:  none
-- returns: one row: exists boolean, is_wide boolean, search_path text, elsewhere text (schemas;
-- null: none)
-- locks:   none
SELECT
    to_regclass('qcontact_migration') IS NOT NULL AS exists,
    EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = to_regclass('qcontact_migration') AND attname = 'works_from'
    ) AS is_wide,
    current_setting('search_path') AS search_path,
    (
        SELECT string_agg(nspname, ', ' ORDER BY nspname)
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relname = 'qcontact_migration' AND relkind = 'r'
    ) AS elsewhere;
