-- add_counts: add to the counts of a direction, in the transaction that did the work.
-- params:  job_id uuid, direction text, successful, failed, skipped, partial, created, updated,
--          failed_again int
-- returns: nothing
-- locks:   the direction's row, until commit
UPDATE qcontact_run_direction
SET processed    = processed + %(successful)s + %(failed)s + %(skipped)s,
    successful   = successful + %(successful)s,
    failed       = failed + %(failed)s,
    skipped      = skipped + %(skipped)s,
    partial      = partial + %(partial)s,
    created      = created + %(created)s,
    updated      = updated + %(updated)s,
    failed_again = failed_again + %(failed_again)s
WHERE job_id = %(job_id)s AND direction = %(direction)s;
