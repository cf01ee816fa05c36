-- list_owners: the accounts that worked in this database; there should be one.
-- params:  none
-- returns: rows: account text
-- locks:   none
SELECT account FROM qcontact_lease ORDER BY account;
