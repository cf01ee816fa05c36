-- What was received of each ticket when it was settled last: a listed ticket that is the same again needs
-- no decoding. Only a shortcut: where it does not match, the fingerprint decides.
-- The previous release runs on the result: it leaves the column as it is, and what stands there counts
-- only for the fingerprint that it was made with.
ALTER TABLE qcontact_ticket_link ADD COLUMN IF NOT EXISTS received text;
COMMENT ON COLUMN qcontact_ticket_link.received IS
    'md5 of the digest of the object as received, and of the fingerprint; null: not from a list';
