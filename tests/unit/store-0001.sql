-- A store that the program of schema 0001 made: contacts, answers that were
-- sent, failed and leased, jobs, a session's token. For tests of migrations;
-- never changed.
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE desk (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	name TEXT NOT NULL,
	language TEXT NOT NULL CHECK (language IN ('es', 'en')),
	created_ms INTEGER NOT NULL,
	event_floor INTEGER NOT NULL DEFAULT 0,
	tzdata TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO desk VALUES(1,'Tienda','es',1795314449128,0,'2025b');
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
INSERT INTO agent VALUES(1,'ana@tienda.example','Ana','admin','','$argon2id$v=19$m=19456,t=2,p=1$fwjfrY3Je+Q0Q5b86P4WYQ$tHLO/Vrp0zzaB30iHwSeiS1P/fQvFmWPhxWklWyIvms',1,0,0,1795314449179);
CREATE TABLE session (
	hash TEXT PRIMARY KEY,
	agent_id INTEGER NOT NULL REFERENCES agent (id),
	created_ms INTEGER NOT NULL,
	used_ms INTEGER NOT NULL,
	expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE api_token (
	id INTEGER PRIMARY KEY,
	hash TEXT NOT NULL UNIQUE,
	agent_id INTEGER NOT NULL REFERENCES agent (id),
	label TEXT NOT NULL,
	created_ms INTEGER NOT NULL,
	expires_ms INTEGER
) STRICT;
INSERT INTO api_token VALUES(1,'2811d133ef1d6c6957423ba56156252de20571a2dd113018b0f961eef0334f44',1,'prueba',1795314449181,NULL);
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
INSERT INTO connection VALUES(1,'correo','pipe','mail','{"address":"hola@tienda.example","from_name":"Tienda","out":"/srv/out"}',NULL,1,1,1795314449181,'unknown','',NULL);
INSERT INTO connection VALUES(2,'carpeta','maildir','mail','{"address":"ventas@tienda.example","from_name":"Tienda","in":"/srv/in","language":"es","out":"/srv/out"}',NULL,1,1,1795314449182,'failing','no folder',1795314449264);
CREATE TABLE customer (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	language TEXT NOT NULL DEFAULT '',
	created_ms INTEGER NOT NULL
) STRICT;
INSERT INTO customer VALUES(1,'Cliente 1','',1795314449185);
INSERT INTO customer VALUES(2,'Cliente 2','',1795314449188);
INSERT INTO customer VALUES(3,'Cliente 0','',1795314449196);
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
INSERT INTO identity VALUES(1,1,'email','','c1@cliente.example',0,1795314449185);
INSERT INTO identity VALUES(2,2,'email','','c2@cliente.example',0,1795314449188);
INSERT INTO identity VALUES(3,3,'email','','c0@cliente.example',0,1795314449196);
CREATE TABLE book (
	version INTEGER PRIMARY KEY,
	hash TEXT NOT NULL,
	text TEXT NOT NULL,
	agent_id INTEGER REFERENCES agent (id),
	note TEXT NOT NULL DEFAULT '',
	applied_ms INTEGER NOT NULL
) STRICT;
INSERT INTO book VALUES(1,'433d6288cc4c01b94581f034a570d333ef1d8c0fff66778a0236c137d2f0b3d2',replace('queue "general" {\n	title "General"\n}\n','\n',char(10)),NULL,'',1795314449128);
INSERT INTO book VALUES(2,'9e10ddf3f4a12c2ce7ea8c5d08a98e5bc6d0459174b73969fb263567089bd75e',replace('queue "general" { title "General" }\ncalendar "siempre" {\n    timezone "Europe/Madrid"\n    mon-sun 00:00-24:00\n}\npolicy "correo" {\n    via email\n    calendar "siempre"\n    first response 4h\n    next response 8h\n}\n','\n',char(10)),NULL,'',1795314449183);
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
INSERT INTO incident VALUES(1,1,1,'email','general','solved','normal','other','correo','',1,1767603600000,1795314449217,NULL,0,2,'out',1795314449217,10,NULL);
INSERT INTO incident VALUES(2,2,1,'email','general','open','normal','other','correo','',1,1767603600000,1795314449240,1767618000000,1,3,'out',1795314449218,13,NULL);
INSERT INTO incident VALUES(3,3,1,'email','general','pending_customer','normal','other','correo','',1,1767603600000,1795314449228,NULL,1,3,'note',1795314449228,10,NULL);
INSERT INTO incident VALUES(4,1,1,'email','general','pending_customer','high','other','correo','',1,1767603600000,1795314449268,NULL,1,2,'out',1795314449226,10,NULL);
INSERT INTO incident VALUES(5,3,1,'email','general','new','normal','other','correo','',NULL,1767603600000,1795314449212,1767618000000,1,1,'in',1767603600000,3,NULL);
CREATE TABLE incident_tag (
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	tag TEXT NOT NULL,
	PRIMARY KEY (incident_id, tag)
) STRICT, WITHOUT ROWID;
INSERT INTO incident_tag VALUES(4,'vip');
CREATE TABLE blob (
	sha256 TEXT PRIMARY KEY,
	bytes INTEGER NOT NULL,
	data BLOB,
	created_ms INTEGER NOT NULL,
	staged_until_ms INTEGER
) STRICT;
INSERT INTO blob VALUES('c2927207a1cc44acee0eb366589c75ec0fbf1f5d1a5779b580ff0608e348c330',5,X'7261772031',1795314449185,NULL);
INSERT INTO blob VALUES('9db0ce25ff462273ba4638ee0e6300bae7a468ce32e0ca042dd502e6dbd19631',5,X'7261772032',1795314449188,NULL);
INSERT INTO blob VALUES('6cbff0f985bfa1f18709f237d12f2c029a07c86f6caa16785c26e8cf23539926',5,X'7261772033',1795314449196,NULL);
INSERT INTO blob VALUES('7e040aa84e84f597b3bb82c757b70f09e85bdd805a2f8f75b80cd723c6ab81b8',5,X'7261772034',1795314449205,NULL);
INSERT INTO blob VALUES('2ae7609fd9cda144b2a88f94f45081d8292a1785ea8a436f5de2955402405061',5,X'7261772035',1795314449208,NULL);
INSERT INTO blob VALUES('dccbb1ed13ed7b8a30f9f04b4f53988236a4fa35408b9a351ecab2e8d3ed0576',5,X'7261772036',1795314449212,NULL);
INSERT INTO blob VALUES('2017a22d45f10cf3bfd6de164b6f404e6230414d9ea9596250e361019f739d14',10,X'756e206172636869766f',1795314449212,NULL);
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
INSERT INTO message VALUES(1,1,1,'in','customer',NULL,1,1,'<m1@cliente.example>','e92b667eb438d66f429e37c1aab76513c1953666b7cb7997f739bfa786723cfd',1767603600000,1795314449185,'Asunto 1','Texto 1',NULL,NULL,'c2927207a1cc44acee0eb366589c75ec0fbf1f5d1a5779b580ff0608e348c330',0,'[]','{"from":{"name":"Cliente 1","address":"c1@cliente.example"}}');
INSERT INTO message VALUES(2,2,1,'in','customer',NULL,2,1,'<m2@cliente.example>','1997ebe7ee9800e9fe8e16532432e53caf64130b3017bd4dd8bc4698e8b3ed1f',1767603600000,1795314449188,'Asunto 2','Texto 2',NULL,NULL,'9db0ce25ff462273ba4638ee0e6300bae7a468ce32e0ca042dd502e6dbd19631',0,'[]','{"from":{"name":"Cliente 2","address":"c2@cliente.example"}}');
INSERT INTO message VALUES(3,3,1,'in','customer',NULL,3,1,'<m3@cliente.example>','fc6ac673edd9009439a62bd002b3a5085aa3d275efc2d15ebd61c354c88cbe06',1767603600000,1795314449196,'Asunto 3','Texto 3',NULL,NULL,'6cbff0f985bfa1f18709f237d12f2c029a07c86f6caa16785c26e8cf23539926',0,'[]','{"from":{"name":"Cliente 0","address":"c0@cliente.example"}}');
INSERT INTO message VALUES(4,4,1,'in','customer',NULL,1,1,'<m4@cliente.example>','48333fe318127e2d0b7b6606d54aa006832ead656ff9bcc4dc6075afcae198de',1767603600000,1795314449205,'Asunto 4','Texto 4',NULL,NULL,'7e040aa84e84f597b3bb82c757b70f09e85bdd805a2f8f75b80cd723c6ab81b8',0,'[]','{"from":{"name":"Cliente 1","address":"c1@cliente.example"}}');
INSERT INTO message VALUES(5,2,2,'in','customer',NULL,2,1,'<m5@cliente.example>','c0a3970a493d140c81493092e79befa5fbed3d2201be5c51afbe3dfb12fc1ea2',1767603600000,1795314449208,'Asunto 5','Texto 5',NULL,NULL,'2ae7609fd9cda144b2a88f94f45081d8292a1785ea8a436f5de2955402405061',0,'[]','{"from":{"name":"Cliente 2","address":"c2@cliente.example"}}');
INSERT INTO message VALUES(6,5,1,'in','customer',NULL,3,1,'<m6@cliente.example>','fc48cdbb3775dfcf989c6c9cc425c1d392cdfabe9a37def558acfb82f9b65f30',1767603600000,1795314449212,'Asunto 6','Texto 6',NULL,NULL,'dccbb1ed13ed7b8a30f9f04b4f53988236a4fa35408b9a351ecab2e8d3ed0576',0,'[]','{"from":{"name":"Cliente 0","address":"c0@cliente.example"}}');
INSERT INTO message VALUES(7,1,2,'out','agent',1,NULL,1,'<p1.2.ca75avpbx3ux6pvz@tienda.example>',NULL,1795314449217,1795314449217,'Re: Asunto 1','Sale hoy',NULL,NULL,NULL,0,'[]','{"to":[{"name":"Cliente 1","address":"c1@cliente.example"}],"in_reply_to":"<m1@cliente.example>","references":["<m1@cliente.example>"]}');
INSERT INTO message VALUES(8,2,3,'out','agent',1,NULL,1,'<p2.3.jj4kdkkfs3lc2usw@tienda.example>',NULL,1795314449218,1795314449218,'Re: Asunto 2','Lo miramos',NULL,NULL,NULL,0,'[]','{"to":[{"name":"Cliente 2","address":"c2@cliente.example"}],"in_reply_to":"<m5@cliente.example>","references":["<m2@cliente.example>","<m5@cliente.example>"]}');
INSERT INTO message VALUES(9,3,2,'out','agent',1,NULL,1,'<p3.2.xkjt6wgvws6t5tzx@tienda.example>',NULL,1795314449220,1795314449220,'Re: Asunto 3','Mañana',NULL,NULL,NULL,0,'[]','{"to":[{"name":"Cliente 0","address":"c0@cliente.example"}],"in_reply_to":"<m3@cliente.example>","references":["<m3@cliente.example>"]}');
INSERT INTO message VALUES(10,4,2,'out','agent',1,NULL,1,'<p4.2.wkjtgcsmkgmhlcnh@tienda.example>',NULL,1795314449226,1795314449226,'Re: Asunto 4','En cola',NULL,NULL,NULL,0,'[]','{"to":[{"name":"Cliente 1","address":"c1@cliente.example"}],"in_reply_to":"<m4@cliente.example>","references":["<m4@cliente.example>"]}');
INSERT INTO message VALUES(11,3,3,'note','agent',1,NULL,NULL,NULL,NULL,1795314449228,1795314449228,NULL,'una nota',NULL,NULL,NULL,0,'[]',NULL);
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
INSERT INTO attachment VALUES(1,6,1,'a.txt','text/plain','2017a22d45f10cf3bfd6de164b6f404e6230414d9ea9596250e361019f739d14',NULL,0);
CREATE TABLE event (
	number INTEGER PRIMARY KEY,
	at_ms INTEGER NOT NULL,
	kind TEXT NOT NULL,
	incident_id INTEGER REFERENCES incident (id),
	seq INTEGER,
	agent_id INTEGER REFERENCES agent (id),
	data TEXT NOT NULL
) STRICT;
INSERT INTO event VALUES(1,1795314449179,'agent.changed',NULL,NULL,NULL,'{"agent":1}');
INSERT INTO event VALUES(2,1795314449181,'connection.changed',NULL,NULL,NULL,'{"connection":1}');
INSERT INTO event VALUES(3,1795314449182,'connection.changed',NULL,NULL,NULL,'{"connection":2}');
INSERT INTO event VALUES(4,1795314449182,'desk.changed',NULL,NULL,NULL,'{"name":true}');
INSERT INTO event VALUES(5,1795314449183,'book.applied',NULL,NULL,NULL,'{"version":2}');
INSERT INTO event VALUES(6,1795314449185,'incident.created',1,1,NULL,'{"channel":"email","queue":"general","message":1,"customer":1}');
INSERT INTO event VALUES(7,1795314449185,'message.added',1,2,NULL,'{"message":1,"number":1,"direction":"in"}');
INSERT INTO event VALUES(8,1795314449185,'clock.started',1,3,NULL,'{"clock":1,"name":"first_response","due_s":1767618000}');
INSERT INTO event VALUES(9,1795314449188,'incident.created',2,1,NULL,'{"channel":"email","queue":"general","message":2,"customer":2}');
INSERT INTO event VALUES(10,1795314449188,'message.added',2,2,NULL,'{"message":2,"number":1,"direction":"in"}');
INSERT INTO event VALUES(11,1795314449188,'clock.started',2,3,NULL,'{"clock":2,"name":"first_response","due_s":1767618000}');
INSERT INTO event VALUES(12,1795314449196,'incident.created',3,1,NULL,'{"channel":"email","queue":"general","message":3,"customer":3}');
INSERT INTO event VALUES(13,1795314449196,'message.added',3,2,NULL,'{"message":3,"number":1,"direction":"in"}');
INSERT INTO event VALUES(14,1795314449196,'clock.started',3,3,NULL,'{"clock":3,"name":"first_response","due_s":1767618000}');
INSERT INTO event VALUES(15,1795314449205,'incident.created',4,1,NULL,'{"channel":"email","queue":"general","message":4,"customer":1}');
INSERT INTO event VALUES(16,1795314449205,'message.added',4,2,NULL,'{"message":4,"number":1,"direction":"in"}');
INSERT INTO event VALUES(17,1795314449205,'clock.started',4,3,NULL,'{"clock":4,"name":"first_response","due_s":1767618000}');
INSERT INTO event VALUES(18,1795314449208,'message.added',2,4,NULL,'{"message":5,"number":2,"direction":"in"}');
INSERT INTO event VALUES(19,1795314449212,'incident.created',5,1,NULL,'{"channel":"email","queue":"general","message":6,"customer":3}');
INSERT INTO event VALUES(20,1795314449212,'message.added',5,2,NULL,'{"message":6,"number":1,"direction":"in"}');
INSERT INTO event VALUES(21,1795314449212,'clock.started',5,3,NULL,'{"clock":5,"name":"first_response","due_s":1767618000}');
INSERT INTO event VALUES(22,1795314449217,'message.added',1,4,1,'{"message":7,"number":2,"direction":"out"}');
INSERT INTO event VALUES(23,1795314449217,'delivery.changed',1,5,NULL,'{"delivery":1,"message":7,"state":"queued"}');
INSERT INTO event VALUES(24,1795314449217,'clock.breached',1,6,NULL,'{"clock":1,"name":"first_response","at_s":1767618000,"late":true}');
INSERT INTO event VALUES(25,1795314449217,'clock.fulfilled',1,7,NULL,'{"clock":1,"name":"first_response","message":7,"ended_s":1795314449}');
INSERT INTO event VALUES(26,1795314449217,'incident.assigned',1,8,1,'{"from":null,"to":1}');
INSERT INTO event VALUES(27,1795314449217,'incident.changed',1,9,1,'{"set":{"state":["new","solved"]}}');
INSERT INTO event VALUES(28,1795314449218,'message.added',2,5,1,'{"message":8,"number":3,"direction":"out"}');
INSERT INTO event VALUES(29,1795314449218,'delivery.changed',2,6,NULL,'{"delivery":2,"message":8,"state":"queued"}');
INSERT INTO event VALUES(30,1795314449218,'clock.breached',2,7,NULL,'{"clock":2,"name":"first_response","at_s":1767618000,"late":true}');
INSERT INTO event VALUES(31,1795314449218,'clock.fulfilled',2,8,NULL,'{"clock":2,"name":"first_response","message":8,"ended_s":1795314449}');
INSERT INTO event VALUES(32,1795314449218,'incident.assigned',2,9,1,'{"from":null,"to":1}');
INSERT INTO event VALUES(33,1795314449218,'incident.changed',2,10,1,'{"set":{"state":["new","pending_customer"]}}');
INSERT INTO event VALUES(34,1795314449220,'message.added',3,4,1,'{"message":9,"number":2,"direction":"out"}');
INSERT INTO event VALUES(35,1795314449220,'delivery.changed',3,5,NULL,'{"delivery":3,"message":9,"state":"queued"}');
INSERT INTO event VALUES(36,1795314449220,'clock.breached',3,6,NULL,'{"clock":3,"name":"first_response","at_s":1767618000,"late":true}');
INSERT INTO event VALUES(37,1795314449220,'clock.fulfilled',3,7,NULL,'{"clock":3,"name":"first_response","message":9,"ended_s":1795314449}');
INSERT INTO event VALUES(38,1795314449220,'incident.assigned',3,8,1,'{"from":null,"to":1}');
INSERT INTO event VALUES(39,1795314449220,'incident.changed',3,9,1,'{"set":{"state":["new","pending_customer"]}}');
INSERT INTO event VALUES(40,1795314449226,'message.added',4,4,1,'{"message":10,"number":2,"direction":"out"}');
INSERT INTO event VALUES(41,1795314449226,'delivery.changed',4,5,NULL,'{"delivery":4,"message":10,"state":"queued"}');
INSERT INTO event VALUES(42,1795314449226,'clock.breached',4,6,NULL,'{"clock":4,"name":"first_response","at_s":1767618000,"late":true}');
INSERT INTO event VALUES(43,1795314449226,'clock.fulfilled',4,7,NULL,'{"clock":4,"name":"first_response","message":10,"ended_s":1795314449}');
INSERT INTO event VALUES(44,1795314449226,'incident.assigned',4,8,1,'{"from":null,"to":1}');
INSERT INTO event VALUES(45,1795314449226,'incident.changed',4,9,1,'{"set":{"state":["new","pending_customer"]}}');
INSERT INTO event VALUES(46,1795314449228,'message.added',3,10,1,'{"message":11,"number":3,"direction":"note"}');
INSERT INTO event VALUES(47,1795314449236,'delivery.changed',1,10,NULL,'{"delivery":1,"message":7,"state":"sent"}');
INSERT INTO event VALUES(48,1795314449240,'delivery.changed',2,11,NULL,'{"delivery":2,"message":8,"state":"failed"}');
INSERT INTO event VALUES(49,1795314449240,'incident.changed',2,12,NULL,'{"set":{"state":["pending_customer","open"]}}');
INSERT INTO event VALUES(50,1795314449240,'clock.reopened',2,13,NULL,'{"clock":2,"name":"first_response","cause":"delivery_failed"}');
INSERT INTO event VALUES(51,1795314449264,'connection.changed',NULL,NULL,NULL,'{"connection":2}');
INSERT INTO event VALUES(52,1795314449268,'incident.changed',4,10,1,'{"set":{"priority":["normal","high"],"tags":[[],["vip"]]}}');
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
INSERT INTO clock VALUES(1,1,'first_response','correo','siempre',2,'fulfilled',1767603600,14400,1767618000,1795314449,'answered',1,7);
INSERT INTO clock VALUES(2,2,'first_response','correo','siempre',2,'running',1767603600,14400,1767618000,NULL,'',1,NULL);
INSERT INTO clock VALUES(3,3,'first_response','correo','siempre',2,'fulfilled',1767603600,14400,1767618000,1795314449,'answered',1,9);
INSERT INTO clock VALUES(4,4,'first_response','correo','siempre',2,'fulfilled',1767603600,14400,1767618000,1795314449,'answered',1,10);
INSERT INTO clock VALUES(5,5,'first_response','correo','siempre',2,'running',1767603600,14400,1767618000,NULL,'',0,NULL);
CREATE TABLE breach (
	clock_id INTEGER PRIMARY KEY REFERENCES clock (id),
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	at_s INTEGER NOT NULL,
	found_ms INTEGER NOT NULL,
	late INTEGER NOT NULL CHECK (late IN (0, 1)),
	agent_id INTEGER REFERENCES agent (id),
	queue TEXT NOT NULL
) STRICT;
INSERT INTO breach VALUES(1,1,1767618000,1795314449217,1,NULL,'general');
INSERT INTO breach VALUES(2,2,1767618000,1795314449218,1,NULL,'general');
INSERT INTO breach VALUES(3,3,1767618000,1795314449220,1,NULL,'general');
INSERT INTO breach VALUES(4,4,1767618000,1795314449226,1,NULL,'general');
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
INSERT INTO delivery VALUES(1,7,1,'<p1.2.ca75avpbx3ux6pvz@tienda.example>','sent',1,1795314449217,NULL,'250 ok',1795314449217,1795314449236);
INSERT INTO delivery VALUES(2,8,1,'<p2.3.jj4kdkkfs3lc2usw@tienda.example>','failed',1,1795314449218,NULL,'550 no',1795314449218,1795314449240);
INSERT INTO delivery VALUES(3,9,1,'<p3.2.xkjt6wgvws6t5tzx@tienda.example>','taken',1,1795314449220,1795315049232,'',1795314449220,NULL);
INSERT INTO delivery VALUES(4,10,1,'<p4.2.wkjtgcsmkgmhlcnh@tienda.example>','queued',0,1795314449226,NULL,'',1795314449226,NULL);
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
INSERT INTO job VALUES(1,'connection.test',2,'{}','done',1,1795314449244,NULL,'{"detail":"ok"}',1795314449244,1795314449256);
INSERT INTO job VALUES(2,'connection.test',2,'{}','queued',0,1795314449260,NULL,'{}',1795314449260,NULL);
CREATE TABLE command_key (
	principal TEXT NOT NULL,
	key TEXT NOT NULL,
	method TEXT NOT NULL,
	params_hash TEXT NOT NULL,
	response TEXT NOT NULL,
	created_ms INTEGER NOT NULL,
	PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
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
INSERT INTO audit VALUES(1,1795314449179,NULL,'control','agent.add',1,'ok','','76547d77a6a16892bcecf1672e7e52ff586822f370f066551c2617493a04b193');
INSERT INTO audit VALUES(2,1795314449181,NULL,'control','token.add',1,'ok','76547d77a6a16892bcecf1672e7e52ff586822f370f066551c2617493a04b193','fa1105c0ef9e8e64fd5007a5b8c25c2f131321abae53a9ec7fdbba03ae7828ef');
INSERT INTO audit VALUES(3,1795314449181,NULL,'control','connection.add',1,'ok','fa1105c0ef9e8e64fd5007a5b8c25c2f131321abae53a9ec7fdbba03ae7828ef','1a3864088eccb5456284fa7992a8edd3e4471259b46d261fe4bee52424c68c1a');
INSERT INTO audit VALUES(4,1795314449182,NULL,'control','connection.add',2,'ok','1a3864088eccb5456284fa7992a8edd3e4471259b46d261fe4bee52424c68c1a','e572359fbf6dcb2b756dcd853114541721af66c8738de34ca31f3e59ac9e2451');
INSERT INTO audit VALUES(5,1795314449182,NULL,'control','desk.set',NULL,'ok','e572359fbf6dcb2b756dcd853114541721af66c8738de34ca31f3e59ac9e2451','67984f989a681f6fd369a68e4f28fe8c41263ca370842e764472456437fd8754');
INSERT INTO audit VALUES(6,1795314449183,NULL,'control','book.apply',2,'ok','67984f989a681f6fd369a68e4f28fe8c41263ca370842e764472456437fd8754','af5dad34f064e59ad124bbb492a356f82fbb91eeab08c9e686d04210d6544885');
CREATE INDEX session_agent ON session (agent_id);
CREATE INDEX customer_name ON customer (name COLLATE NOCASE);
CREATE INDEX identity_value ON identity (value COLLATE NOCASE);
CREATE INDEX identity_customer ON identity (customer_id);
CREATE INDEX incident_due ON incident (active, ifnull(due_ms, 9223372036854775807), id);
CREATE INDEX incident_assignee ON incident (assignee_id, active, ifnull(due_ms, 9223372036854775807), id);
CREATE INDEX incident_queue ON incident (queue, active, ifnull(due_ms, 9223372036854775807), id);
CREATE INDEX incident_state ON incident (state, last_ms, id);
CREATE INDEX incident_customer ON incident (customer_id, id);
CREATE INDEX incident_last ON incident (last_ms, id);
CREATE INDEX incident_tag_tag ON incident_tag (tag, incident_id);
CREATE INDEX blob_staged ON blob (staged_until_ms) WHERE staged_until_ms IS NOT NULL;
CREATE UNIQUE INDEX message_origin ON message (connection_id, digest, ifnull(external_id, '')) WHERE digest IS NOT NULL;
CREATE INDEX message_external ON message (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX attachment_blob ON attachment (sha256);
CREATE INDEX message_raw ON message (raw_sha256) WHERE raw_sha256 IS NOT NULL;
CREATE UNIQUE INDEX event_incident ON event (incident_id, seq) WHERE incident_id IS NOT NULL;
CREATE INDEX clock_incident ON clock (incident_id);
CREATE INDEX clock_due ON clock (due_s) WHERE state = 'running' AND breached = 0;
CREATE INDEX breach_at ON breach (at_s);
CREATE INDEX delivery_due ON delivery (due_ms, id) WHERE state = 'queued';
CREATE INDEX delivery_failed ON delivery (id) WHERE state = 'failed';
CREATE INDEX delivery_unknown ON delivery (id) WHERE state = 'unknown';
CREATE INDEX delivery_taken ON delivery (lease_ms) WHERE state = 'taken';
CREATE INDEX job_due ON job (due_ms, id) WHERE state = 'queued';
CREATE INDEX job_taken ON job (lease_ms) WHERE state = 'taken';
CREATE INDEX command_key_created ON command_key (created_ms);
COMMIT;
