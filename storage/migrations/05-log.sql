-- v4 -> v5: the decision log

-- Entries, chained by their hashes: see package bot. who: a pseudonym. evidence: JSON. counters holds how many there are ("log").
CREATE TABLE log (
	seq        BIGINT PRIMARY KEY,
	kind       TEXT   NOT NULL,
	escalation TEXT   NOT NULL,
	number     BIGINT NOT NULL,
	project    TEXT   NOT NULL,
	at_ms      BIGINT NOT NULL,
	who        TEXT   NOT NULL,
	role       TEXT   NOT NULL,
	choice     TEXT   NOT NULL,
	evidence   TEXT   NOT NULL,
	prev       TEXT   NOT NULL,
	hash       TEXT   NOT NULL
);
CREATE INDEX log_number ON log (number, seq);
CREATE INDEX log_project ON log (project, seq);
CREATE INDEX log_who ON log (who);

-- The texts of entries. The chain covers name and commitment; the columns behind them are emptied to erase the text.
CREATE TABLE log_texts (
	seq        BIGINT NOT NULL REFERENCES log (seq),
	n          BIGINT NOT NULL,
	name       TEXT   NOT NULL,
	commitment TEXT   NOT NULL,
	salt       TEXT   NOT NULL,
	text       TEXT   NOT NULL,
	who        TEXT   NOT NULL,
	message    TEXT   NOT NULL,
	at_ms      BIGINT NOT NULL,
	PRIMARY KEY (seq, n)
);
CREATE INDEX log_texts_message ON log_texts (message) WHERE message <> '';
CREATE INDEX log_texts_who ON log_texts (who) WHERE who <> '';

-- Whose pseudonym is whose: it is made of both columns. Without its row, a person is nobody any more in the log.
CREATE TABLE log_people (
	person TEXT PRIMARY KEY,
	key    TEXT NOT NULL
);

-- The log only grows, whoever writes.
-- only: sqlite until "end only"
CREATE TRIGGER log_insert BEFORE INSERT ON log WHEN NEW.seq <= (SELECT MAX(seq) FROM log) BEGIN
	SELECT RAISE(ABORT, 'the decision log only grows');
END;
CREATE TRIGGER log_texts_insert BEFORE INSERT ON log_texts WHEN NEW.seq <> (SELECT MAX(seq) FROM log)
	OR EXISTS (SELECT 1 FROM log_texts WHERE seq = NEW.seq AND n = NEW.n)
BEGIN
	SELECT RAISE(ABORT, 'the decision log only grows');
END;
CREATE TRIGGER log_update BEFORE UPDATE ON log BEGIN
	SELECT RAISE(ABORT, 'the decision log only grows');
END;
CREATE TRIGGER log_delete BEFORE DELETE ON log BEGIN
	SELECT RAISE(ABORT, 'the decision log only grows');
END;
CREATE TRIGGER log_texts_delete BEFORE DELETE ON log_texts BEGIN
	SELECT RAISE(ABORT, 'the decision log only grows');
END;
CREATE TRIGGER log_texts_update BEFORE UPDATE ON log_texts
WHEN NEW.seq <> OLD.seq OR NEW.n <> OLD.n OR NEW.name <> OLD.name OR NEW.commitment <> OLD.commitment
	OR NEW.salt <> '' OR NEW.text <> '' OR NEW.who <> '' OR NEW.message <> '' OR NEW.at_ms <> 0
BEGIN
	SELECT RAISE(ABORT, 'a text in the decision log can only be erased');
END;
-- end only sqlite
