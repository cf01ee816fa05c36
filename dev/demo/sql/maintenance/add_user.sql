-- add_user: a member of staff, as the application holds one: a user, and the staff row that leads to it.
-- params:  full_name text
WITH known AS (
    SELECT 1
    FROM staff
    INNER JOIN users ON users.id = staff.user_id
    WHERE CONCAT_WS(' ', users.first_name, users.last_name) = %(full_name)s
), person AS (
    INSERT INTO users (first_name, last_name)
    SELECT
        SPLIT_PART(%(full_name)s::text, ' ', 1),
        NULLIF(SUBSTR(%(full_name)s::text, POSITION(' ' IN %(full_name)s::text) + 1), %(full_name)s::text)
    WHERE NOT EXISTS (SELECT 1 FROM known)
    RETURNING id
)
INSERT INTO staff (user_id) SELECT person.id FROM person
