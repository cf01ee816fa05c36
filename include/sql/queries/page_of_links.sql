-- page_of_links: linked tickets in the order of their ids, a page of them.
-- params:  after text (null: from the first on), limit int
-- returns: one row: remote_ids text[] (null: there are no more)
-- locks:   none
SELECT array_agg(remote_id ORDER BY remote_id) AS remote_ids
FROM (
    SELECT remote_id
    FROM qcontact_ticket_link
    WHERE %(after)s::text IS NULL OR remote_id > %(after)s::text
    ORDER BY remote_id
    LIMIT %(limit)s::bigint
) AS page;
