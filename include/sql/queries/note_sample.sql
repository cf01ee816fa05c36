-- note_sample: what a comparison found.
-- params:  account text, compared int, differing text[], last_id text (null: none compared)
-- returns: nothing
-- locks:   none but the row it adds
INSERT INTO qcontact_sample (account, compared_at, compared, differing, last_id)
VALUES (%(account)s, clock_timestamp(), %(compared)s, %(differing)s, %(last_id)s);
