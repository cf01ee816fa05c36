-- limit_lock_waits: a row that the app keeps locked costs that ticket, not the run.
-- params:  lock_timeout text (with its unit)
-- returns: one row
-- locks:   none
SELECT set_config('lock_timeout', %(lock_timeout)s, true);
