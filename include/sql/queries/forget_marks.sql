-- forget_marks: the triggers are gone: what they left says nothing any more.
-- params:  none
-- returns: nothing
-- locks:   the rows, until commit
WITH last AS (
    DELETE FROM qcontact_full_comparison
)
DELETE FROM qcontact_change_mark;
