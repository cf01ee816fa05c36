-- settle_listed_rows: the details of these cases were read while the list showed them like this.
-- params:  remote_ids text[], digests text[] (same order), job_id uuid
-- returns: nothing
-- locks:   the rows, until commit
INSERT INTO qcontact_listed_row AS listed (remote_id, digest, job_id)
SELECT settled.remote_id, settled.digest, %(job_id)s
FROM unnest(%(remote_ids)s::text[], %(digests)s::text[]) AS settled (remote_id, digest)
ON CONFLICT ON CONSTRAINT qcontact_listed_row_pkey DO UPDATE
SET digest = EXCLUDED.digest,
    looked_at = now(),
    job_id = EXCLUDED.job_id;
