-- v7 -> v8: networks and meetups

-- Networks are few. slug: of the name.
CREATE TABLE networks (
	id       TEXT PRIMARY KEY,
	slug     TEXT   NOT NULL,
	archived BIGINT NOT NULL,
	body     TEXT   NOT NULL,
	version  BIGINT NOT NULL
);
CREATE INDEX networks_slug ON networks (slug);

-- open: it is still to begin, or takes place. search: what it is found by, folded. asks: in whose direct chat it waits for words.
CREATE TABLE meetups (
	id      TEXT PRIMARY KEY,
	network TEXT   NOT NULL,
	open    BIGINT NOT NULL,
	at_ms   BIGINT NOT NULL,
	search  TEXT   NOT NULL,
	asks    TEXT   NOT NULL,
	body    TEXT   NOT NULL,
	version BIGINT NOT NULL
);
CREATE INDEX meetups_next ON meetups (network, at_ms, id) WHERE open = 1;
CREATE INDEX meetups_open ON meetups (at_ms, id) WHERE open = 1;
CREATE INDEX meetups_before ON meetups (network, id) WHERE open = 0; -- ids of a network are in the order of their planned dates
CREATE INDEX meetups_asks ON meetups (asks, at_ms) WHERE asks <> '';
CREATE INDEX meetups_at ON meetups (at_ms);

-- Which network a room is of, as an id; '?': it is still to be made of the name in the body, see meetups.go.
ALTER TABLE rooms ADD COLUMN network TEXT NOT NULL DEFAULT '';
UPDATE rooms SET network = '?' WHERE kind = 'network';
CREATE INDEX rooms_network ON rooms (network) WHERE network <> '';
-- Only what is looked for by its kind: else it is taken where a better one is there.
DROP INDEX rooms_kind;
CREATE INDEX rooms_kind ON rooms (kind) WHERE kind IN ('pmo', 'dm', 'dikon');
DROP INDEX rooms_project;
DROP INDEX rooms_user;
CREATE INDEX rooms_user ON rooms (user_id) WHERE user_id <> '';
CREATE INDEX rooms_project ON rooms (project) WHERE project <> '';

-- Which network and which meetup a message is about.
ALTER TABLE slots ADD COLUMN network TEXT NOT NULL DEFAULT '';
ALTER TABLE slots ADD COLUMN meetup TEXT NOT NULL DEFAULT '';
ALTER TABLE refs ADD COLUMN network TEXT NOT NULL DEFAULT '';
ALTER TABLE refs ADD COLUMN meetup TEXT NOT NULL DEFAULT '';
