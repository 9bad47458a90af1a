-- 0001: the first store. Why each table is as it is: ../STORE.md.
-- Instants are UTC milliseconds (_ms) unless the column says _s.
-- Words are checked with =, one by one: for IN with three and more SQLite
-- builds a table in memory at each row that is written.

CREATE TABLE desk (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	name TEXT NOT NULL,
	language TEXT NOT NULL CHECK (language IN ('es', 'en')),
	created_ms INTEGER NOT NULL,
	event_floor INTEGER NOT NULL DEFAULT 0,
	tzdata TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE agent (
	id INTEGER PRIMARY KEY,
	email TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL,
	role TEXT NOT NULL CHECK (role = 'agent' OR role = 'lead'
		OR role = 'manager' OR role = 'admin'),
	language TEXT NOT NULL DEFAULT ''
		CHECK (language = '' OR language = 'es' OR language = 'en'),
	password TEXT NOT NULL,
	active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
	failures INTEGER NOT NULL DEFAULT 0,
	retry_ms INTEGER NOT NULL DEFAULT 0,
	created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
	hash TEXT PRIMARY KEY,
	agent_id INTEGER NOT NULL REFERENCES agent (id),
	created_ms INTEGER NOT NULL,
	used_ms INTEGER NOT NULL,
	expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_agent ON session (agent_id);

CREATE TABLE api_token (
	id INTEGER PRIMARY KEY,
	hash TEXT NOT NULL UNIQUE,
	agent_id INTEGER NOT NULL REFERENCES agent (id),
	label TEXT NOT NULL,
	created_ms INTEGER NOT NULL,
	expires_ms INTEGER
) STRICT;

CREATE TABLE login_link (
	hash TEXT PRIMARY KEY,
	agent_id INTEGER NOT NULL REFERENCES agent (id),
	expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE connection (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	kind TEXT NOT NULL,
	role TEXT NOT NULL,
	settings TEXT NOT NULL,
	secrets BLOB,
	active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
	version INTEGER NOT NULL DEFAULT 1,
	created_ms INTEGER NOT NULL,
	state TEXT NOT NULL DEFAULT 'unknown'
		CHECK (state = 'unknown' OR state = 'ok' OR state = 'failing'),
	state_detail TEXT NOT NULL DEFAULT '',
	state_ms INTEGER
) STRICT;

CREATE TABLE customer (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	language TEXT NOT NULL DEFAULT '',
	created_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX customer_name ON customer (name COLLATE NOCASE);

CREATE TABLE identity (
	id INTEGER PRIMARY KEY,
	customer_id INTEGER NOT NULL REFERENCES customer (id),
	kind TEXT NOT NULL,
	scope TEXT NOT NULL DEFAULT '',
	value TEXT NOT NULL,
	verified INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
	created_ms INTEGER NOT NULL,
	UNIQUE (kind, scope, value)
) STRICT;
CREATE INDEX identity_value ON identity (value COLLATE NOCASE);
CREATE INDEX identity_customer ON identity (customer_id);

CREATE TABLE book (
	version INTEGER PRIMARY KEY,
	hash TEXT NOT NULL,
	text TEXT NOT NULL,
	agent_id INTEGER REFERENCES agent (id),
	note TEXT NOT NULL DEFAULT '',
	applied_ms INTEGER NOT NULL
) STRICT;

-- An incident's subject is that of its message number 1. messages and last_*
-- repeat what message rows say, so that a list of 50 reads few rows.
CREATE TABLE incident (
	id INTEGER PRIMARY KEY,
	customer_id INTEGER NOT NULL REFERENCES customer (id),
	connection_id INTEGER REFERENCES connection (id),
	channel TEXT NOT NULL CHECK (channel = 'email' OR channel = 'chat'
		OR channel = 'whatsapp' OR channel = 'phone'
		OR channel = 'form' OR channel = 'api'
		OR channel = 'order'),
	queue TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state = 'new' OR state = 'open'
		OR state = 'pending_customer' OR state = 'on_hold'
		OR state = 'snoozed' OR state = 'solved'
		OR state = 'closed' OR state = 'spam' OR state = 'merged'),
	priority TEXT NOT NULL CHECK (priority = 'low' OR priority = 'normal'
		OR priority = 'high' OR priority = 'urgent'),
	reason TEXT NOT NULL DEFAULT 'other',
	policy TEXT NOT NULL DEFAULT '',
	saved_reply TEXT NOT NULL DEFAULT '',
	assignee_id INTEGER REFERENCES agent (id),
	created_ms INTEGER NOT NULL,
	updated_ms INTEGER NOT NULL,
	due_ms INTEGER,
	active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
	messages INTEGER NOT NULL DEFAULT 0,
	last_direction TEXT NOT NULL DEFAULT 'in',
	last_ms INTEGER NOT NULL,
	event_seq INTEGER NOT NULL DEFAULT 0,
	follows_id INTEGER REFERENCES incident (id)
) STRICT;
-- The queue's order: due first, then oldest; NULLs (no clock) last.
CREATE INDEX incident_due ON incident (active, ifnull(due_ms, 9223372036854775807), id);
CREATE INDEX incident_assignee ON incident (assignee_id, active, ifnull(due_ms, 9223372036854775807), id);
CREATE INDEX incident_queue ON incident (queue, active, ifnull(due_ms, 9223372036854775807), id);
CREATE INDEX incident_state ON incident (state, last_ms, id);
CREATE INDEX incident_customer ON incident (customer_id, id);
CREATE INDEX incident_last ON incident (last_ms, id);

CREATE TABLE incident_tag (
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	tag TEXT NOT NULL,
	PRIMARY KEY (incident_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_tag_tag ON incident_tag (tag, incident_id);

CREATE TABLE blob (
	sha256 TEXT PRIMARY KEY,
	bytes INTEGER NOT NULL,
	data BLOB,
	created_ms INTEGER NOT NULL,
	staged_until_ms INTEGER
) STRICT;
CREATE INDEX blob_staged ON blob (staged_until_ms) WHERE staged_until_ms IS NOT NULL;

CREATE TABLE message (
	id INTEGER PRIMARY KEY,
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	number INTEGER NOT NULL,
	direction TEXT NOT NULL CHECK (direction = 'in' OR direction = 'out'
		OR direction = 'note'),
	author TEXT NOT NULL CHECK (author = 'customer' OR author = 'agent'
		OR author = 'bot'),
	agent_id INTEGER REFERENCES agent (id),
	identity_id INTEGER REFERENCES identity (id),
	connection_id INTEGER REFERENCES connection (id),
	external_id TEXT,
	digest TEXT,
	received_ms INTEGER NOT NULL,
	committed_ms INTEGER NOT NULL,
	subject TEXT,
	text TEXT NOT NULL,
	reply_text TEXT,
	html TEXT,
	raw_sha256 TEXT REFERENCES blob (sha256),
	robot INTEGER NOT NULL DEFAULT 0 CHECK (robot IN (0, 1)),
	warnings TEXT NOT NULL DEFAULT '[]',
	mail TEXT,
	UNIQUE (incident_id, number)
) STRICT;
-- A repeat is found here: the same contact, by the same connection.
CREATE UNIQUE INDEX message_origin ON message (connection_id, digest, ifnull(external_id, '')) WHERE digest IS NOT NULL;
CREATE INDEX message_external ON message (external_id) WHERE external_id IS NOT NULL;

CREATE TABLE attachment (
	id INTEGER PRIMARY KEY,
	message_id INTEGER NOT NULL REFERENCES message (id),
	position INTEGER NOT NULL,
	filename TEXT NOT NULL,
	content_type TEXT NOT NULL,
	sha256 TEXT NOT NULL REFERENCES blob (sha256),
	content_id TEXT,
	inline INTEGER NOT NULL DEFAULT 0 CHECK (inline IN (0, 1)),
	UNIQUE (message_id, position)
) STRICT;
CREATE INDEX attachment_blob ON attachment (sha256);
CREATE INDEX message_raw ON message (raw_sha256) WHERE raw_sha256 IS NOT NULL;

CREATE TABLE event (
	number INTEGER PRIMARY KEY,
	at_ms INTEGER NOT NULL,
	kind TEXT NOT NULL,
	incident_id INTEGER REFERENCES incident (id),
	seq INTEGER,
	agent_id INTEGER REFERENCES agent (id),
	data TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_incident ON event (incident_id, seq) WHERE incident_id IS NOT NULL;

CREATE TABLE clock (
	id INTEGER PRIMARY KEY,
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	name TEXT NOT NULL CHECK (name = 'first_response' OR name = 'next_response'
		OR name = 'resolution' OR name = 'proactive'
		OR name = 'claim'),
	policy TEXT NOT NULL,
	calendar TEXT NOT NULL,
	book_version INTEGER NOT NULL REFERENCES book (version),
	state TEXT NOT NULL CHECK (state = 'running' OR state = 'fulfilled'
		OR state = 'cancelled'),
	start_s INTEGER NOT NULL,
	budget_s INTEGER NOT NULL,
	due_s INTEGER,
	ended_s INTEGER,
	cause TEXT NOT NULL DEFAULT '',
	breached INTEGER NOT NULL DEFAULT 0 CHECK (breached IN (0, 1)),
	message_id INTEGER REFERENCES message (id)
) STRICT;
CREATE INDEX clock_incident ON clock (incident_id);
CREATE INDEX clock_due ON clock (due_s) WHERE state = 'running' AND breached = 0;

-- A clock not met at its deadline; at_s is the deadline, found_ms when it was
-- seen, so that a daemon that was down writes the same history.
CREATE TABLE breach (
	clock_id INTEGER PRIMARY KEY REFERENCES clock (id),
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	at_s INTEGER NOT NULL,
	found_ms INTEGER NOT NULL,
	late INTEGER NOT NULL CHECK (late IN (0, 1)),
	agent_id INTEGER REFERENCES agent (id),
	queue TEXT NOT NULL
) STRICT;
CREATE INDEX breach_at ON breach (at_s);

CREATE TABLE delivery (
	id INTEGER PRIMARY KEY,
	message_id INTEGER NOT NULL UNIQUE REFERENCES message (id),
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	key TEXT NOT NULL UNIQUE,
	state TEXT NOT NULL CHECK (state = 'queued' OR state = 'taken' OR state = 'sent'
		OR state = 'failed' OR state = 'unknown'),
	attempts INTEGER NOT NULL DEFAULT 0,
	due_ms INTEGER NOT NULL,
	lease_ms INTEGER,
	detail TEXT NOT NULL DEFAULT '',
	created_ms INTEGER NOT NULL,
	ended_ms INTEGER
) STRICT;
CREATE INDEX delivery_due ON delivery (due_ms, id) WHERE state = 'queued';
CREATE INDEX delivery_failed ON delivery (id) WHERE state = 'failed';
CREATE INDEX delivery_unknown ON delivery (id) WHERE state = 'unknown';
CREATE INDEX delivery_taken ON delivery (lease_ms) WHERE state = 'taken';

CREATE TABLE job (
	id INTEGER PRIMARY KEY,
	kind TEXT NOT NULL,
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	payload TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state = 'queued' OR state = 'taken' OR state = 'done'
		OR state = 'failed'),
	attempts INTEGER NOT NULL DEFAULT 0,
	due_ms INTEGER NOT NULL,
	lease_ms INTEGER,
	result TEXT NOT NULL DEFAULT '{}',
	created_ms INTEGER NOT NULL,
	ended_ms INTEGER
) STRICT;
CREATE INDEX job_due ON job (due_ms, id) WHERE state = 'queued';
CREATE INDEX job_taken ON job (lease_ms) WHERE state = 'taken';

-- A command's first response, kept 7 days: principal is "agent:ID" or
-- "role:NAME"; params_hash binds the key to what was asked.
CREATE TABLE command_key (
	principal TEXT NOT NULL,
	key TEXT NOT NULL,
	method TEXT NOT NULL,
	params_hash TEXT NOT NULL,
	response TEXT NOT NULL,
	created_ms INTEGER NOT NULL,
	PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX command_key_created ON command_key (created_ms);

CREATE TABLE audit (
	id INTEGER PRIMARY KEY,
	at_ms INTEGER NOT NULL,
	agent_id INTEGER REFERENCES agent (id),
	role TEXT NOT NULL,
	action TEXT NOT NULL,
	object_id INTEGER,
	outcome TEXT NOT NULL,
	previous TEXT NOT NULL,
	hash TEXT NOT NULL
) STRICT;
