-- widen_ledger: the column that a list of migrations made by an earlier version lacks.
-- params:  none
-- returns: nothing
-- locks:   the list, until commit
ALTER TABLE qcontact_migration ADD COLUMN IF NOT EXISTS works_from int;
