-- v2 -> v3: coming back from a backup

-- That the books come from a backup, and what the PMO has decided about what waits. One row, or none. lived_ms: the last
-- message of the lost bot that the rooms hold.
CREATE TABLE restored (
	id       BIGINT PRIMARY KEY,
	state    TEXT   NOT NULL,
	lived_ms BIGINT NOT NULL,
	body     TEXT   NOT NULL,
	version  BIGINT NOT NULL
);

-- Messages of ours that stand in rooms although no slot knows them: those sent after a backup that was brought back.
-- The slot that is written under the key takes them over.
CREATE TABLE echoes (
	key      TEXT PRIMARY KEY,
	room     TEXT   NOT NULL,
	message  TEXT   NOT NULL,
	revision BIGINT NOT NULL,
	stood    BIGINT NOT NULL
);

-- held: waits for the PMO after a restore.
ALTER TABLE slots ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
CREATE INDEX slots_held ON slots (kind) WHERE held = 1;
