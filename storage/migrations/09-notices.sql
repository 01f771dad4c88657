-- v8 -> v9: announcements, newcomers, and who wants to be left alone

-- waits: it can still go out. changed_ms: when it last changed, for what goes with time. counters holds the last number ("notices").
CREATE TABLE notices (
	number     BIGINT PRIMARY KEY,
	waits      BIGINT NOT NULL,
	changed_ms BIGINT NOT NULL,
	body       TEXT   NOT NULL,
	version    BIGINT NOT NULL
);
CREATE INDEX notices_waiting ON notices (number) WHERE waits = 1;
CREATE INDEX notices_over ON notices (changed_ms) WHERE waits = 0;

-- Who does not want to be written to without having asked.
CREATE TABLE quiet (
	user_id  TEXT PRIMARY KEY,
	since_ms BIGINT NOT NULL
);

-- Who was new in a network. who: a fingerprint of both, see package bot; room, user_id and name are there only as long as somebody waits
-- to be greeted.
CREATE TABLE newcomers (
	who     TEXT PRIMARY KEY,
	network TEXT   NOT NULL,
	at_ms   BIGINT NOT NULL,
	waits   BIGINT NOT NULL,
	room    TEXT   NOT NULL,
	user_id TEXT   NOT NULL,
	name    TEXT   NOT NULL
);
CREATE INDEX newcomers_waiting ON newcomers (room) WHERE waits = 1;
