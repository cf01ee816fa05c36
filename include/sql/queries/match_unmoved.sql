-- match_unmoved: of these listed tickets those that neither side has changed since they agreed, and whose
-- rows hold QContact's own texts as they are. What the words mean is the caller's to judge.
-- params:  remote_ids, digests, fingerprints text[], stamps timestamptz[] (same order; digests or
--          fingerprints may be empty: a ticket is recognised by either), ignored text[] (columns that may
--          differ), uuids text[] (columns that hold UUIDs), longest jsonb (characters that are not cut, by
--          column; any number where it has none)
-- returns: one row of arrays in one order, all null where nothing is found: remote_ids, ticket_uids text[],
--          words text[] (JSON: values here, then there, of `WORD_FIELDS` and the mapping's own columns)
-- locks:   none
WITH pair AS MATERIALIZED (
    -- Apart, as the planner does not know that nearly every text is equal.
    SELECT
        link.remote_id, link.base_remote - %(ignored)s::text[] AS agreed, ticket.*
    FROM unnest(
        %(remote_ids)s::text[], %(digests)s::text[], %(fingerprints)s::text[], %(stamps)s::timestamptz[]
    ) AS listed (remote_id, digest, fingerprint, stamp)
    -- Both by their keys: a planner that takes another join reads the whole table for each batch.
    CROSS JOIN LATERAL (
        SELECT * FROM qcontact_ticket_link AS known WHERE known.remote_id = listed.remote_id OFFSET 0
    ) AS link
    CROSS JOIN LATERAL (
        SELECT
            ticket_uid, status, assigned_to, title, description, priority, ticket_type, address, dr_number,
            pole_number, pon_number, project_id, zone_id, gps_coordinates, ont_serial /* each updated: , {} */
        FROM tickets
        WHERE id = link.ticket_id
        OFFSET 0
    ) AS ticket
    WHERE (
          link.received = md5(listed.digest || link.fingerprint)
          OR link.fingerprint = listed.fingerprint
      )
      AND link.frozen = '{}'
      -- As `may_be_older`: such a version is not believed.
      AND (listed.stamp < link.remote_updated_at) IS NOT TRUE
      AND ticket.status IS NOT DISTINCT FROM link.base_status_local
      AND ticket.assigned_to IS NOT DISTINCT FROM link.base_assigned_local
)
SELECT
    array_agg(remote_id) AS remote_ids,
    array_agg(ticket_uid::text) AS ticket_uids,
    array_agg(to_json(ARRAY[
        status::text, assigned_to::text, priority::text, ticket_type::text /* each updated: , {}::text */,
        agreed ->> 'status', agreed ->> 'assigned_to', agreed ->> 'priority', agreed ->> 'ticket_type'
        /* each updated: , agreed ->> trim('"' FROM '{}') */
    ])::text) AS words
FROM pair
WHERE (title::text IS NOT DISTINCT FROM (agreed ->> 'title') COLLATE "C" OR NOT agreed ? 'title')
  AND (description::text IS NOT DISTINCT FROM (agreed ->> 'description') COLLATE "C" OR NOT agreed ? 'description')
  AND (address::text IS NOT DISTINCT FROM (agreed ->> 'address') COLLATE "C" OR NOT agreed ? 'address')
  AND (dr_number::text IS NOT DISTINCT FROM (agreed ->> 'dr_number') COLLATE "C" OR NOT agreed ? 'dr_number')
  AND (pon_number::text IS NOT DISTINCT FROM (agreed ->> 'pon_number') COLLATE "C" OR NOT agreed ? 'pon_number')
  AND (ont_serial::text IS NOT DISTINCT FROM (agreed ->> 'ont_serial') COLLATE "C" OR NOT agreed ? 'ont_serial')
  AND CASE
      WHEN NOT agreed ? 'gps_coordinates' THEN true
      WHEN agreed ->> 'gps_coordinates' IS NULL THEN gps_coordinates IS NULL
      WHEN strpos(agreed ->> 'gps_coordinates', ',') = 0 THEN true -- no position: not brought in
      WHEN agreed ->> 'gps_coordinates'
          ~ '^-?[0-9]{1,3}([.][0-9]{1,15})?, ?-?[0-9]{1,3}([.][0-9]{1,15})?$'
          THEN gps_coordinates[1] = split_part(agreed ->> 'gps_coordinates', ',', 1)::float8
          AND gps_coordinates[0] = split_part(agreed ->> 'gps_coordinates', ',', 2)::float8
  END
  -- QContact's text is cut to what its column takes: one that is longer may be as long here by hand.
  AND (char_length(title::text) <= (%(longest)s::jsonb ->> 'title')::int) IS NOT FALSE
  AND (char_length(description::text) <= (%(longest)s::jsonb ->> 'description')::int) IS NOT FALSE
  AND (char_length(address::text) <= (%(longest)s::jsonb ->> 'address')::int) IS NOT FALSE
  AND (char_length(dr_number::text) <= (%(longest)s::jsonb ->> 'dr_number')::int) IS NOT FALSE
  AND (char_length(pole_number::text) <= (%(longest)s::jsonb ->> 'pole_number')::int) IS NOT FALSE
  AND (char_length(pon_number::text) <= (%(longest)s::jsonb ->> 'pon_number')::int) IS NOT FALSE
  AND (char_length(project_id::text) <= (%(longest)s::jsonb ->> 'project_id')::int) IS NOT FALSE
  AND (char_length(zone_id::text) <= (%(longest)s::jsonb ->> 'zone_id')::int) IS NOT FALSE
  AND (char_length(ont_serial::text) <= (%(longest)s::jsonb ->> 'ont_serial')::int) IS NOT FALSE
  -- A UUID has more than one spelling, and one in a column of that type. What is none is not brought in.
  AND (
      pole_number::text IS NOT DISTINCT FROM (agreed ->> 'pole_number') COLLATE "C"
      AND ('pole_number' <> ALL(%(uuids)s::text[]) OR pg_typeof(pole_number) = 'uuid'::regtype)
      OR NOT agreed ? 'pole_number'
      OR 'pole_number' = ANY(%(uuids)s::text[]) AND replace(agreed ->> 'pole_number', '-', '') !~ '[0-9A-Fa-f]{32}'
  )
  AND (
      project_id::text IS NOT DISTINCT FROM (agreed ->> 'project_id') COLLATE "C"
      AND ('project_id' <> ALL(%(uuids)s::text[]) OR pg_typeof(project_id) = 'uuid'::regtype)
      OR NOT agreed ? 'project_id'
      OR 'project_id' = ANY(%(uuids)s::text[]) AND replace(agreed ->> 'project_id', '-', '') !~ '[0-9A-Fa-f]{32}'
  )
  AND (
      zone_id::text IS NOT DISTINCT FROM (agreed ->> 'zone_id') COLLATE "C"
      AND ('zone_id' <> ALL(%(uuids)s::text[]) OR pg_typeof(zone_id) = 'uuid'::regtype)
      OR NOT agreed ? 'zone_id'
      OR 'zone_id' = ANY(%(uuids)s::text[]) AND replace(agreed ->> 'zone_id', '-', '') !~ '[0-9A-Fa-f]{32}'
  );
