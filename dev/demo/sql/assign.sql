-- assign: a dispatcher gives a ticket to somebody.
-- params:  id uuid, full_name text
UPDATE tickets
SET assigned_to = (SELECT users.id FROM users WHERE users.full_name = %(full_name)s LIMIT 1)
WHERE id = %(id)s
