-- v10 -> v11: codes that join accounts

-- Of a code there is only a hash. user_id: which account was given it.
CREATE TABLE link_codes (
	user_id  TEXT PRIMARY KEY,
	hash     TEXT   NOT NULL UNIQUE,
	until_ms BIGINT NOT NULL,
	name     TEXT   NOT NULL
);
CREATE INDEX link_codes_until ON link_codes (until_ms);
