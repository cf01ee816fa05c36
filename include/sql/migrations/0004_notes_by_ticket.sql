-- The notes that were sent for a ticket are found by the ticket: before one is sent, the sync looks
-- whether QContact has one more than it knows of. Writes of notes wait while the index is built.
-- The previous release runs on the result.
CREATE INDEX IF NOT EXISTS qcontact_note_remote_id_idx ON qcontact_note (remote_id);
