-- begin_transaction: what every transaction of ours relies on, whatever role or database set as
-- default: how values are written and read, that they are durable, and how long the server waits.
-- Settings of the transaction, not of the session: a pooler may give each transaction another
-- session. The search path is the one that finds FibreFlow's tables and stays as it is.
-- params:  statement_timeout text (with its unit)
-- returns: one row without use
-- locks:   none
SELECT
    set_config('TimeZone', 'UTC', true),
    set_config('DateStyle', 'ISO, MDY', true),
    set_config('IntervalStyle', 'postgres', true),
    set_config('client_encoding', 'UTF8', true),
    set_config('extra_float_digits', '3', true),
    set_config('standard_conforming_strings', 'on', true),
    set_config('array_nulls', 'on', true),
    set_config('lock_timeout', '0', true),
    set_config('statement_timeout', %(statement_timeout)s, true),
    -- Frees the rows of a worker that vanished in the middle.
    set_config('idle_in_transaction_session_timeout', '60s', true),
    -- PostgreSQL has this setting since version 17.
    CASE
        WHEN current_setting('transaction_timeout', true) IS NOT NULL
            THEN set_config('transaction_timeout', '0', true)
    END,
    -- A note is sent only after its intent is on disk.
    CASE
        WHEN current_setting('synchronous_commit') = 'off'
            THEN set_config('synchronous_commit', 'local', true)
    END;
