-- limit_lock_waits: a row that the app keeps locked costs that ticket, not the run.
-- params:  none
-- returns: one row
-- locks:   none
SELECT set_config('lock_timeout', '2s', true);
