-- v9 -> v10: links to calendars

-- Of the secret in a link there is only a hash. network: '' for the Projektchecks.
CREATE TABLE feeds (
	number  BIGINT PRIMARY KEY,
	hash    TEXT   NOT NULL UNIQUE,
	revoked BIGINT NOT NULL,
	body    TEXT   NOT NULL,
	version BIGINT NOT NULL
);
