-- 0003: visitors of a site's chat, and what customers thought of an incident.

CREATE TABLE visitor (
	id INTEGER PRIMARY KEY,
	hash TEXT NOT NULL UNIQUE,
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	identity_id INTEGER REFERENCES identity (id),
	incident_id INTEGER REFERENCES incident (id),
	name TEXT NOT NULL,
	email TEXT,
	language TEXT NOT NULL DEFAULT ''
		CHECK (language = '' OR language = 'es' OR language = 'en'),
	page TEXT,
	remember INTEGER NOT NULL CHECK (remember IN (0, 1)),
	created_ms INTEGER NOT NULL,
	used_ms INTEGER NOT NULL,
	expires_ms INTEGER NOT NULL,
	got_number INTEGER NOT NULL DEFAULT 0,
	got_ms INTEGER,
	ended_ms INTEGER,
	mail_due_ms INTEGER,
	mailed_ms INTEGER,
	mailed_number INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX visitor_incident ON visitor (incident_id) WHERE incident_id IS NOT NULL;
CREATE INDEX visitor_expires ON visitor (expires_ms);
CREATE INDEX visitor_connection ON visitor (connection_id);
CREATE INDEX visitor_mail ON visitor (mail_due_ms) WHERE mail_due_ms IS NOT NULL;

CREATE TABLE rating (
	incident_id INTEGER PRIMARY KEY REFERENCES incident (id),
	score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 5),
	message_id INTEGER REFERENCES message (id),
	agent_id INTEGER REFERENCES agent (id),
	at_ms INTEGER NOT NULL
) STRICT;

-- Who waits before whom in a queue's chats.
CREATE INDEX incident_chat ON incident (queue, id) WHERE channel = 'chat' AND active = 1;
