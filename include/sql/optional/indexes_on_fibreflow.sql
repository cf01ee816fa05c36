-- Indexes on FibreFlow's own tables that make the sync cheaper where there are many rows. Nothing
-- needs them, and `migrate` never makes them: the tables are another's. Their owner runs this file
-- with `psql -f`, outside a transaction; it locks nobody out and may be repeated.

-- A ticket's history in `qcontact-sync ticket` and on the dashboard reads the ticket's rows only.
CREATE INDEX CONCURRENTLY IF NOT EXISTS qcontact_sync_log_ticket_idx
    ON qcontact_sync_log (qcontact_ticket_id, synced_at);

-- The notes of the tickets that are being sent are found without reading all notes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ticket_notes_ticket_id_idx ON ticket_notes (ticket_id);
