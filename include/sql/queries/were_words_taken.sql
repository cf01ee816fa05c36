-- were_words_taken: whether a run was let in with these words of the mapping before.
-- params:  digest text
-- returns: one row: were_taken boolean
-- locks:   none
SELECT EXISTS (SELECT FROM qcontact_run WHERE words_digest = %(digest)s) AS were_taken;
