-- replace_alerts: these alerts are open now, and no others.
-- params:  account text, alerts jsonb (an array, see the columns below)
-- returns: nothing
-- locks:   the account's alerts, until commit
WITH present AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_recordset(%(alerts)s::jsonb) AS a (
        rule text, severity int, opened_at timestamptz, mailed_at timestamptz, slot timestamptz
    )
), over AS (
    DELETE FROM qcontact_alert
    WHERE account = %(account)s AND rule NOT IN (SELECT rule FROM present)
)
INSERT INTO qcontact_alert AS alert (account, rule, severity, opened_at, mailed_at, slot)
SELECT %(account)s, rule, severity, opened_at, mailed_at, slot
FROM present
ON CONFLICT ON CONSTRAINT qcontact_alert_pkey DO UPDATE
SET severity  = EXCLUDED.severity,
    mailed_at = EXCLUDED.mailed_at,
    slot      = EXCLUDED.slot;
