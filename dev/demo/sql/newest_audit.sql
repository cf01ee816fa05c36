-- newest_audit: when the last audited change was made; the mark that later changes come after.
-- returns: one row: synced_at timestamp, null where there is none
SELECT MAX(synced_at) AS synced_at FROM qcontact_sync_log
