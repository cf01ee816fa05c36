-- read_blockers: what keeps tickets back: the quarantine, by direction, and what QContact does not have.
-- params:  remote_ids text[]
-- returns: rows: remote_id text, inbound, outbound text (error codes; null: not in quarantine),
--          is_gone boolean; only of tickets that something keeps back
-- locks:   none
SELECT
    given.remote_id, inbound.error_code AS inbound, outbound.error_code AS outbound,
    link.remote_gone_at IS NOT NULL AS is_gone
FROM unnest(%(remote_ids)s::text[]) AS given (remote_id)
LEFT JOIN qcontact_ticket_link AS link ON link.remote_id = given.remote_id
LEFT JOIN qcontact_quarantine AS inbound
    ON inbound.remote_id = given.remote_id AND inbound.direction = 'inbound'
LEFT JOIN qcontact_quarantine AS outbound
    ON outbound.remote_id = given.remote_id AND outbound.direction = 'outbound'
WHERE inbound.id IS NOT NULL OR outbound.id IS NOT NULL OR link.remote_gone_at IS NOT NULL;
