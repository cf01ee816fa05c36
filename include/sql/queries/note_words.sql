-- note_words: remember the mapping's words with which a run was let in.
-- params:  job_id uuid, digest text
-- returns: nothing
-- locks:   the run's row, until commit
UPDATE qcontact_run SET words_digest = %(digest)s WHERE job_id = %(job_id)s;
