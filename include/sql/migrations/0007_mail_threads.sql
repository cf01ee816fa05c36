-- Mails of one alert are one thread. The previous release runs on the result: it leaves the column
-- empty.
ALTER TABLE qcontact_mail ADD COLUMN IF NOT EXISTS thread uuid;
COMMENT ON COLUMN qcontact_mail.thread IS
    'id of the first mail of the same alert to this address; null: a mail on its own';
