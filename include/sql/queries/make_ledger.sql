-- make_ledger: the list of migrations that were applied.
-- params:  none
-- returns: nothing
-- locks:   none where it exists
CREATE TABLE IF NOT EXISTS qcontact_migration (
    number     int NOT NULL,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT qcontact_migration_pkey PRIMARY KEY (number)
);
