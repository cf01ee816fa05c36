-- forbid_writes: the present transaction only reads; to be asked before anything else in it.
-- params:  none
-- returns: nothing
-- locks:   none
SET TRANSACTION READ ONLY;
