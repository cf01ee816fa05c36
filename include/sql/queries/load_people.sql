-- load_people: FibreFlow's users, who are few.
-- params:  none
-- returns: rows: id text, full_name text
-- locks:   none
SELECT id::text, full_name
FROM users;
