-- v0 -> v1: books, inbox, timers and outbox
--
-- One text for SQLite and PostgreSQL: instants are BIGINT (UTC milliseconds, 0: none), truth values BIGINT (0, 1),
-- absent texts ''. Every row of the books has a version, which goes up by one with each change, and its body as JSON;
-- the columns beside it are those that are looked for.

-- kind: live or rehearsal, written when the database is made.
CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
);

-- seq numbers inbox rows, the standing of messages and the order of slots: one order for all three.
CREATE TABLE counters (
	name  TEXT PRIMARY KEY,
	value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('seq', 0);

CREATE TABLE lease (
	id       BIGINT PRIMARY KEY,
	holder   TEXT   NOT NULL,
	epoch    BIGINT NOT NULL,
	until_ms BIGINT NOT NULL
);
INSERT INTO lease (id, holder, epoch, until_ms) VALUES (1, '', 0, 0);

CREATE TABLE memory (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
);

CREATE TABLE people (
	id      TEXT PRIMARY KEY,
	body    TEXT   NOT NULL,
	version BIGINT NOT NULL
);

CREATE TABLE accounts (
	user_id   TEXT PRIMARY KEY,
	person_id TEXT   NOT NULL REFERENCES people (id),
	ord       BIGINT NOT NULL
);
CREATE INDEX accounts_person ON accounts (person_id, ord);

CREATE TABLE rooms (
	id      TEXT PRIMARY KEY,
	kind    TEXT   NOT NULL,
	project TEXT   NOT NULL,
	user_id TEXT   NOT NULL,
	joined  BIGINT NOT NULL,
	body    TEXT   NOT NULL,
	version BIGINT NOT NULL
);
CREATE INDEX rooms_project ON rooms (project) WHERE project <> '';
CREATE INDEX rooms_user ON rooms (user_id) WHERE user_id <> '';
CREATE INDEX rooms_kind ON rooms (kind);

CREATE TABLE projects (
	id      TEXT PRIMARY KEY,
	slug    TEXT   NOT NULL,
	state   TEXT   NOT NULL,
	body    TEXT   NOT NULL,
	version BIGINT NOT NULL
);
CREATE INDEX projects_slug ON projects (slug);

CREATE TABLE rounds (
	id       TEXT PRIMARY KEY,
	state    TEXT   NOT NULL,
	check_ms BIGINT NOT NULL,
	body     TEXT   NOT NULL,
	version  BIGINT NOT NULL
);
CREATE INDEX rounds_state ON rounds (state, check_ms);

CREATE TABLE reports (
	round   TEXT   NOT NULL,
	project TEXT   NOT NULL,
	body    TEXT   NOT NULL,
	version BIGINT NOT NULL,
	PRIMARY KEY (round, project)
);
CREATE INDEX reports_project ON reports (project, round);

CREATE TABLE tasks (
	project TEXT   NOT NULL,
	seq     BIGINT NOT NULL,
	state   TEXT   NOT NULL,
	done_ms BIGINT NOT NULL,
	body    TEXT   NOT NULL,
	version BIGINT NOT NULL,
	PRIMARY KEY (project, seq)
);
CREATE INDEX tasks_state ON tasks (project, state, done_ms);

CREATE TABLE directs (
	user_id TEXT PRIMARY KEY,
	body    TEXT   NOT NULL,
	version BIGINT NOT NULL
);

-- What foreign messages were about.
CREATE TABLE refs (
	message TEXT PRIMARY KEY,
	room    TEXT   NOT NULL,
	project TEXT   NOT NULL,
	round   TEXT   NOT NULL,
	field   TEXT   NOT NULL,
	person  TEXT   NOT NULL,
	about   TEXT   NOT NULL, -- an account
	n       BIGINT NOT NULL
);

CREATE TABLE timers (
	key   TEXT PRIMARY KEY,
	at_ms BIGINT NOT NULL,
	body  TEXT   NOT NULL
);
CREATE INDEX timers_at ON timers (at_ms, key);

-- state: received → done | failed. The body of a row that is done is ''; the row stays, so that a redelivery is known.
CREATE TABLE inbox (
	seq         BIGINT PRIMARY KEY,
	chat        TEXT   NOT NULL,
	event       TEXT   NOT NULL,
	room        TEXT   NOT NULL,
	state       TEXT   NOT NULL,
	attempts    BIGINT NOT NULL,
	received_ms BIGINT NOT NULL,
	settled_ms  BIGINT NOT NULL,
	body        TEXT   NOT NULL,
	UNIQUE (chat, event)
);
CREATE INDEX inbox_open ON inbox (seq) WHERE state = 'received';

-- See slot.go for what the columns mean.
CREATE TABLE slots (
	key         TEXT PRIMARY KEY,
	chat        TEXT   NOT NULL,
	lane        TEXT   NOT NULL,
	room        TEXT   NOT NULL,
	user_id     TEXT   NOT NULL,
	op          TEXT   NOT NULL,
	kind        TEXT   NOT NULL,
	project     TEXT   NOT NULL,
	round       TEXT   NOT NULL,
	field       TEXT   NOT NULL,
	person      TEXT   NOT NULL,
	about       TEXT   NOT NULL, -- an account
	n           BIGINT NOT NULL,
	state       TEXT   NOT NULL,
	ord         BIGINT NOT NULL,
	turn_ms     BIGINT,
	wanted      TEXT   NOT NULL,
	revision    BIGINT NOT NULL,
	frozen      TEXT   NOT NULL,
	frozen_hash TEXT   NOT NULL,
	frozen_rev  BIGINT NOT NULL,
	sent_hash   TEXT   NOT NULL,
	sent_rev    BIGINT NOT NULL,
	message     TEXT   NOT NULL,
	stood       BIGINT NOT NULL,
	echoed      BIGINT NOT NULL,
	attempts    BIGINT NOT NULL,
	retry_ms    BIGINT NOT NULL,
	doubtful    BIGINT NOT NULL,
	expires_ms  BIGINT NOT NULL,
	reason      TEXT   NOT NULL,
	changed_ms  BIGINT NOT NULL
);
CREATE INDEX slots_message ON slots (message) WHERE message <> '';
CREATE INDEX slots_lane ON slots (lane, ord) WHERE state = 'pending';
CREATE INDEX slots_sending ON slots (chat, lane) WHERE state = 'sending';
CREATE INDEX slots_turn ON slots (chat, ord) WHERE turn_ms IS NOT NULL;
CREATE INDEX slots_due ON slots (chat, turn_ms) WHERE turn_ms IS NOT NULL;
CREATE INDEX slots_settled ON slots (state, changed_ms) WHERE state IN ('sent', 'failed', 'stale');
