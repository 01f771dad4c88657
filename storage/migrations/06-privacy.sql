-- v5 -> v6: what goes with time

-- words: there is something in it to read, which goes once it is old. See words.go and prune.go.
ALTER TABLE slots ADD COLUMN words BIGINT NOT NULL DEFAULT 1;
CREATE INDEX slots_words ON slots (changed_ms) WHERE words = 1 AND state IN ('sent', 'failed', 'stale');

-- Events that were given up and say something yet.
CREATE INDEX inbox_failed ON inbox (settled_ms) WHERE state = 'failed' AND body <> '';
