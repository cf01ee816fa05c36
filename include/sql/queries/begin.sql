-- begin: a transaction that may write. Not a role's default: what waited for a lock must see what
-- was committed meanwhile. It is sent together with begin_transaction.
-- params:  none
-- returns: nothing
-- locks:   none
BEGIN ISOLATION LEVEL READ COMMITTED;
