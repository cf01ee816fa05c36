-- users: whom a ticket is assigned to: staff, who are called as their users are.
-- params:  none
-- returns: rows as of `users`
-- locks:   none
SELECT
    staff.id,
    nullif(concat_ws(' ', nullif(btrim(person.first_name), ''), nullif(btrim(person.last_name), '')), '')
        AS full_name
FROM staff
LEFT JOIN users AS person ON person.id = staff.user_id
