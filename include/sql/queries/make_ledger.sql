-- make_ledger: the list of migrations that were applied. works_from is the number of the last
-- migration that code must know to run on the result; null is any code.
-- params:  none
-- returns: nothing
-- locks:   none where it exists
CREATE TABLE IF NOT EXISTS qcontact_migration (
    number     int NOT NULL,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    works_from int,
    CONSTRAINT qcontact_migration_pkey PRIMARY KEY (number)
);
