-- add_user: a member of staff, as FibreFlow's own app would hold one.
-- params:  full_name text
INSERT INTO users (id, full_name)
SELECT GEN_RANDOM_UUID(), %(full_name)s
WHERE NOT EXISTS (SELECT 1 FROM users WHERE full_name = %(full_name)s)
