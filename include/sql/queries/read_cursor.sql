-- read_cursor: where to read on: everything inbound before it is settled. Where QContact's clock was
-- set back, the run that read on from the cursor last got less far than the cursor.
-- params:  account text
-- returns: at most one row: settled_until timestamptz
-- locks:   none
SELECT least(cursor.settled_until, reader.settled_until) AS settled_until
FROM qcontact_cursor AS cursor
LEFT JOIN qcontact_run AS reader ON reader.job_id = cursor.job_id
WHERE cursor.account = %(account)s;
