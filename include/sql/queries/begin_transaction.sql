-- begin_transaction: every transaction of ours reads and writes stamps in UTC. A setting of the
-- transaction, not of the session: a pooler may give each transaction another session.
-- params:  none
-- returns: one row
-- locks:   none
SELECT set_config('TimeZone', 'UTC', true);
