-- v3 -> v4: escalations

-- number: what people call it, 0 as long as it was put to nobody. open: something is still to be done. asks: in whose direct
-- chat it waits for an answer. ord: how many-th of its project; counters holds the last ord of a project ("escalations/<project>") and the last number ("escalations").
CREATE TABLE escalations (
	id      TEXT PRIMARY KEY,
	project TEXT   NOT NULL,
	number  BIGINT NOT NULL,
	open    BIGINT NOT NULL,
	asks    TEXT   NOT NULL,
	ord     BIGINT NOT NULL,
	body    TEXT   NOT NULL,
	version BIGINT NOT NULL
);
CREATE UNIQUE INDEX escalations_ord ON escalations (project, ord);
CREATE UNIQUE INDEX escalations_number ON escalations (number) WHERE number > 0;
CREATE INDEX escalations_listed ON escalations (project, number) WHERE number > 0;
-- Two small ones for what is open: the project's own, and the pages of a list.
CREATE INDEX escalations_pending ON escalations (project, number) WHERE open = 1;
CREATE INDEX escalations_open ON escalations (number) WHERE number > 0 AND open = 1;
CREATE INDEX escalations_asks ON escalations (asks) WHERE asks <> '';

-- In which rounds an escalation was reported.
CREATE TABLE escalation_rounds (
	project    TEXT NOT NULL,
	round      TEXT NOT NULL,
	escalation TEXT NOT NULL,
	PRIMARY KEY (project, round, escalation)
);
CREATE INDEX escalation_rounds_escalation ON escalation_rounds (escalation);

-- Which escalation a message is about.
ALTER TABLE slots ADD COLUMN escalation TEXT NOT NULL DEFAULT '';
ALTER TABLE refs ADD COLUMN escalation TEXT NOT NULL DEFAULT '';
