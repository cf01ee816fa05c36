-- own_database: from now on the database is kept for this account; nobody holds its lease by that.
-- params:  account text
-- returns: nothing
-- locks:   the lease row, until commit
INSERT INTO qcontact_lease (account)
VALUES (%(account)s)
ON CONFLICT ON CONSTRAINT qcontact_lease_pkey DO NOTHING;
