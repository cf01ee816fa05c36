-- Who decided, and when: about an entry of the quarantine (the last decision), and about a conflict.
-- The previous release runs on the result.
ALTER TABLE qcontact_quarantine
    ADD COLUMN IF NOT EXISTS decision text,
    ADD COLUMN IF NOT EXISTS decided_by text,
    ADD COLUMN IF NOT EXISTS decided_at timestamptz;
COMMENT ON COLUMN qcontact_quarantine.decision IS 'the last one: retry or dismiss';

ALTER TABLE qcontact_conflict
    ADD COLUMN IF NOT EXISTS decided_by text,
    ADD COLUMN IF NOT EXISTS decided_at timestamptz;
COMMENT ON COLUMN qcontact_conflict.decided_by IS
    'a user of Airflow, or of the machine that the command line ran on; null: no person decided';
