-- begin_transaction: what every transaction of ours relies on, whatever role or database set as
-- default: how values are written and read, that they are durable, and how long the server waits.
-- Settings of the transaction, not of the session: a pooler may give each transaction another
-- session. The search path is the one that finds FibreFlow's tables and stays as it is.
-- Settings that this version of PostgreSQL does not have are left out.
-- params:  statement_timeout text (with its unit)
-- returns: rows without use
-- locks:   none
SELECT set_config(name, value, true)
FROM (
    VALUES
        ('TimeZone', 'UTC'),
        ('DateStyle', 'ISO, MDY'),
        ('IntervalStyle', 'postgres'),
        ('client_encoding', 'UTF8'),
        ('extra_float_digits', '3'),
        ('standard_conforming_strings', 'on'),
        ('array_nulls', 'on'),
        ('lock_timeout', '0'),
        ('transaction_timeout', '0'),
        ('statement_timeout', %(statement_timeout)s::text),
        -- Frees the rows of a worker that vanished in the middle.
        ('idle_in_transaction_session_timeout', '60s'),
        -- A note is sent only after its intent is on disk.
        (
            'synchronous_commit',
            CASE current_setting('synchronous_commit')
                WHEN 'off' THEN 'local'
                ELSE current_setting('synchronous_commit')
            END
        )
) AS setting (name, value)
WHERE current_setting(name, true) IS NOT NULL;
