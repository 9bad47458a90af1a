-- 0002: mailboxes on a server. Where each folder stands, and which of its
-- mails were dealt with. Why each table is as it is: ../STORE.md.

CREATE TABLE folder (
	id INTEGER PRIMARY KEY,
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	name TEXT NOT NULL,
	uid_validity INTEGER NOT NULL,
	first_uid INTEGER NOT NULL,
	next_uid INTEGER NOT NULL,
	from_ms INTEGER NOT NULL,
	renewals INTEGER NOT NULL DEFAULT 0,
	opened_ms INTEGER NOT NULL,
	seen_ms INTEGER,
	UNIQUE (connection_id, name)
) STRICT;

CREATE TABLE ledger (
	folder_id INTEGER NOT NULL REFERENCES folder (id),
	uid_validity INTEGER NOT NULL,
	uid INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state = 'stored' OR state = 'refused'),
	message_id INTEGER REFERENCES message (id),
	code TEXT NOT NULL DEFAULT '',
	bytes INTEGER,
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (folder_id, uid_validity, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_message ON ledger (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX ledger_refused ON ledger (folder_id, at_ms) WHERE state = 'refused';

-- Ended jobs are deleted past their time: a mailbox makes one for each mail.
CREATE INDEX job_ended ON job (ended_ms) WHERE ended_ms IS NOT NULL;
