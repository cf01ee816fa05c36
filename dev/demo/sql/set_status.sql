-- set_status: a technician moves a ticket on.
-- params:  id uuid, status text
UPDATE tickets SET status = %(status)s WHERE id = %(id)s
