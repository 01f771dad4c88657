-- v1 -> v2: paces
--
-- How often something happened of late: bot.Pace. A row goes once its time is over.
CREATE TABLE paces (
	key      TEXT PRIMARY KEY,
	until_ms BIGINT NOT NULL,
	body     TEXT   NOT NULL
);
CREATE INDEX paces_until ON paces (until_ms);
