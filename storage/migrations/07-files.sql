-- v6 -> v7: files

-- What slots' messages carry beside their words. A slot's content says which of them it wants, and which is on its way, by
-- its hash; those that it names no more are gone. See files.go.
CREATE TABLE files (
	slot TEXT  NOT NULL,
	hash TEXT  NOT NULL,
	body bytea NOT NULL,
	PRIMARY KEY (slot, hash)
);
