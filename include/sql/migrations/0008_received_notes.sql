-- Notes that QContact's people wrote come in, each once, and are never sent back: they stand beside
-- FibreFlow's own notes in qcontact_note, in a state of their own. The previous release runs on the
-- result: it neither writes the new state nor looks for it, and the new CHECK takes all old ones.
-- works with code from: 3
ALTER TABLE qcontact_note
    ADD COLUMN IF NOT EXISTS content_digest text,
    ADD COLUMN IF NOT EXISTS written_at timestamptz,
    ADD COLUMN IF NOT EXISTS is_internal boolean,
    ADD COLUMN IF NOT EXISTS taken_back_at timestamptz,
    DROP CONSTRAINT IF EXISTS qcontact_note_state_check,
    ADD CONSTRAINT qcontact_note_state_check CHECK (
        state IN ('before_link', 'intended', 'sent', 'doubtful', 'dismissed', 'received')
    );
CREATE UNIQUE INDEX IF NOT EXISTS qcontact_note_received_key
    ON qcontact_note (remote_id, remote_note_id) WHERE state = 'received';
COMMENT ON COLUMN qcontact_note.content_digest IS
    'of an own note''s text as it was sent: it is recognised in QContact''s list by it';
COMMENT ON COLUMN qcontact_note.written_at IS 'of a received note: when, as QContact has it';
COMMENT ON COLUMN qcontact_note.taken_back_at IS 'since when QContact does not list it any more';

ALTER TABLE qcontact_ticket_link
    ADD COLUMN IF NOT EXISTS notes_read_for timestamptz,
    ADD COLUMN IF NOT EXISTS notes_reads int NOT NULL DEFAULT 0;
COMMENT ON COLUMN qcontact_ticket_link.notes_read_for IS
    'QContact''s stamp of the version whose notes were read last';
COMMENT ON COLUMN qcontact_ticket_link.notes_reads IS 'how often they were read for that stamp';
