-- A run remembers the mapping's words with which it was let in: where a constraint that came later refuses
-- one of them, the tickets it concerns fail, and not the run. The previous release runs on the result: it
-- does not name the column.
-- works with code from: 3
ALTER TABLE qcontact_run ADD COLUMN IF NOT EXISTS words_digest text;
COMMENT ON COLUMN qcontact_run.words_digest IS
    'of the words that the mapping file could write when the run began; null without such a file';
