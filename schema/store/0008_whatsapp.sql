-- 0008: WhatsApp: what comes in, what becomes of what goes out, and until when
-- one may write. Why: ../STORE.md.

-- A delivery of another's server, as it came; it is answered when it is here.
CREATE TABLE hook (
	id INTEGER PRIMARY KEY,
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	received_ms INTEGER NOT NULL,
	body BLOB,
	sha256 TEXT NOT NULL,
	bytes INTEGER NOT NULL,
	state TEXT NOT NULL CHECK (state = 'waiting' OR state = 'taken'
		OR state = 'done' OR state = 'dead'),
	why TEXT NOT NULL DEFAULT '',
	attempts INTEGER NOT NULL DEFAULT 0,
	due_ms INTEGER NOT NULL,
	lease_ms INTEGER,
	ended_ms INTEGER
) STRICT;
CREATE INDEX hook_due ON hook (state, due_ms)
	WHERE state = 'waiting' OR state = 'taken';
CREATE INDEX hook_ended ON hook (state, ended_ms) WHERE ended_ms IS NOT NULL;
CREATE INDEX hook_blob ON hook (sha256) WHERE body IS NULL;
CREATE INDEX hook_connection ON hook (connection_id);

-- What became of what the channel accepted: its own id, the highest receipt
-- that came, and the code of why it failed. begun: it may have gone.
ALTER TABLE delivery ADD COLUMN begun INTEGER NOT NULL DEFAULT 0
	CHECK (begun IN (0, 1));
ALTER TABLE delivery ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery ADD COLUMN receipt TEXT NOT NULL DEFAULT ''
	CHECK (receipt = '' OR receipt = 'sent' OR receipt = 'delivered'
		OR receipt = 'read' OR receipt = 'played');
ALTER TABLE delivery ADD COLUMN receipt_ms INTEGER;
ALTER TABLE delivery ADD COLUMN error_code INTEGER;
CREATE INDEX delivery_external ON delivery (external_id) WHERE external_id <> '';

-- Receipts as they came; of a delivery that is not known yet they are parked.
CREATE TABLE status (
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	external_id TEXT NOT NULL,
	status TEXT NOT NULL,
	recipient TEXT NOT NULL DEFAULT '',
	at_s INTEGER NOT NULL,
	received_ms INTEGER NOT NULL,
	tracker TEXT NOT NULL DEFAULT '',
	error_code INTEGER,
	detail TEXT NOT NULL DEFAULT '',
	delivery_id INTEGER REFERENCES delivery (id),
	PRIMARY KEY (connection_id, external_id, status, recipient)
) STRICT, WITHOUT ROWID;
CREATE INDEX status_parked ON status (received_ms) WHERE delivery_id IS NULL;

-- JSON: what a WhatsApp message was beside its text.
ALTER TABLE message ADD COLUMN whatsapp TEXT;

-- A file of a message that is fetched after it; here: the attachment at that
-- position is it.
CREATE TABLE media (
	id INTEGER PRIMARY KEY,
	message_id INTEGER NOT NULL REFERENCES message (id),
	position INTEGER NOT NULL,
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	external_id TEXT NOT NULL,
	content_type TEXT NOT NULL,
	filename TEXT NOT NULL,
	sha256 TEXT NOT NULL DEFAULT '',
	url TEXT NOT NULL DEFAULT '',
	url_ms INTEGER,
	state TEXT NOT NULL CHECK (state = 'pending' OR state = 'here'
		OR state = 'gone'),
	why TEXT NOT NULL DEFAULT '',
	UNIQUE (message_id, position)
) STRICT;
CREATE INDEX media_connection ON media (connection_id);

-- One of each person to a message; the newest stands.
CREATE TABLE reaction (
	id INTEGER PRIMARY KEY,
	message_id INTEGER NOT NULL REFERENCES message (id),
	identity_id INTEGER REFERENCES identity (id),
	agent_id INTEGER REFERENCES agent (id),
	emoji TEXT NOT NULL,
	at_ms INTEGER NOT NULL,
	CHECK ((identity_id IS NULL) <> (agent_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX reaction_identity ON reaction (message_id, identity_id)
	WHERE identity_id IS NOT NULL;
CREATE UNIQUE INDEX reaction_agent ON reaction (message_id, agent_id)
	WHERE agent_id IS NOT NULL;

-- Until when a customer may be written to freely by a connection.
CREATE TABLE contact_window (
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	customer_id INTEGER NOT NULL REFERENCES customer (id),
	until_ms INTEGER NOT NULL,
	last_external_id TEXT NOT NULL DEFAULT '',
	warned_ms INTEGER,
	PRIMARY KEY (connection_id, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_window_until ON contact_window (until_ms) WHERE warned_ms IS NULL;
CREATE INDEX contact_window_customer ON contact_window (customer_id);

-- A name of a person that may change, and what they said to being written to.
ALTER TABLE identity ADD COLUMN username TEXT NOT NULL DEFAULT '';
ALTER TABLE identity ADD COLUMN consent TEXT NOT NULL DEFAULT ''
	CHECK (consent = '' OR consent = 'in' OR consent = 'out');
ALTER TABLE identity ADD COLUMN consent_ms INTEGER;
ALTER TABLE identity ADD COLUMN consent_how TEXT NOT NULL DEFAULT ''
	CHECK (consent_how = '' OR consent_how = 'word'
		OR consent_how = 'button' OR consent_how = 'marketing'
		OR consent_how = 'staff');
-- When a contact last came from it.
ALTER TABLE identity ADD COLUMN heard_ms INTEGER;

-- The message that this one takes to its customer by another channel.
ALTER TABLE message ADD COLUMN fallback_of INTEGER REFERENCES message (id);
CREATE UNIQUE INDEX message_fallback ON message (fallback_of)
	WHERE fallback_of IS NOT NULL;

-- Messages that the channel approved beforehand, as it said last.
CREATE TABLE template (
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	name TEXT NOT NULL,
	language TEXT NOT NULL,
	category TEXT NOT NULL,
	status TEXT NOT NULL,
	components TEXT NOT NULL,
	synced_ms INTEGER NOT NULL,
	PRIMARY KEY (connection_id, name, language)
) STRICT, WITHOUT ROWID;

-- What the channel said of an account or a number.
CREATE TABLE account_event (
	id INTEGER PRIMARY KEY,
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	at_ms INTEGER NOT NULL,
	severity TEXT NOT NULL CHECK (severity = 'info'
		OR severity = 'warning' OR severity = 'critical'),
	field TEXT NOT NULL,
	code TEXT NOT NULL,
	detail TEXT NOT NULL
) STRICT;
CREATE INDEX account_event_connection ON account_event (connection_id, id);

-- Customers that were asked, by buttons, what they thought of an incident.
CREATE TABLE survey (
	incident_id INTEGER PRIMARY KEY REFERENCES incident (id),
	message_id INTEGER NOT NULL REFERENCES message (id),
	asked_ms INTEGER NOT NULL,
	answered_ms INTEGER
) STRICT;
