-- read_alerts: the alerts that are open.
-- params:  account text
-- returns: rows: rule text, severity int, opened_at, mailed_at, slot timestamptz
-- locks:   none
SELECT rule, severity, opened_at, mailed_at, slot
FROM qcontact_alert
WHERE account = %(account)s
ORDER BY opened_at, rule;
