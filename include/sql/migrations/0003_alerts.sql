-- What people were told, and what is still to be told them. The previous release runs on the
-- result: it knows nothing of these tables.

-- One row per alert that is open.
CREATE TABLE IF NOT EXISTS qcontact_alert (
    account   text NOT NULL,
    rule      text NOT NULL,
    severity  int NOT NULL,
    opened_at timestamptz NOT NULL,
    mailed_at timestamptz NOT NULL,
    slot      timestamptz,
    CONSTRAINT qcontact_alert_pkey PRIMARY KEY (account, rule)
);
COMMENT ON COLUMN qcontact_alert.severity IS '1 opened, 2 worsened';
COMMENT ON COLUMN qcontact_alert.slot IS 'of the late rule: the slot whose run is missed';

-- Mails to send, one row per address; kept for a while after that, so that it can be looked up.
CREATE TABLE IF NOT EXISTS qcontact_mail (
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    address    text NOT NULL,
    subject    text NOT NULL,
    text_body  text NOT NULL,
    html_body  text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts   int NOT NULL DEFAULT 0,
    tried_at   timestamptz,
    problem    text,
    sent_at    timestamptz,
    CONSTRAINT qcontact_mail_pkey PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS qcontact_mail_unsent_idx ON qcontact_mail (created_at)
    WHERE sent_at IS NULL;

-- What the comparison of a rotating sample found.
CREATE TABLE IF NOT EXISTS qcontact_sample (
    account     text NOT NULL,
    compared_at timestamptz NOT NULL DEFAULT now(),
    compared    int NOT NULL,
    differing   text[] NOT NULL,
    last_id     text,
    CONSTRAINT qcontact_sample_pkey PRIMARY KEY (account, compared_at)
);
COMMENT ON COLUMN qcontact_sample.differing IS
    'QContact ids that differ without being pending, in quarantine or in conflict';
COMMENT ON COLUMN qcontact_sample.last_id IS 'the next sample begins behind it';
