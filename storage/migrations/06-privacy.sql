-- v5 -> v6: what goes with time

-- words: there is something in it to read, which goes once it is old. See words.go and prune.go.
ALTER TABLE slots ADD COLUMN words BIGINT NOT NULL DEFAULT 1;
CREATE INDEX slots_words ON slots (changed_ms) WHERE words = 1 AND state IN ('sent', 'failed', 'stale');

-- Events that were given up and say something yet.
CREATE INDEX inbox_failed ON inbox (settled_ms) WHERE state = 'failed' AND body <> '';

-- Texts of the decision log that are there yet.
CREATE INDEX log_texts_left ON log_texts (seq) WHERE salt <> '';

-- Tasks that are no more.
CREATE INDEX tasks_over ON tasks (done_ms) WHERE state IN ('done', 'dropped');
UPDATE tasks SET done_ms = 1 WHERE state = 'dropped' AND done_ms = 0;
