-- 0006: promises that explain themselves. Why: ../STORE.md.

-- What a clock used of its budget when it ended, which rule chose its policy,
-- whether its deadline had passed when it was given, whether a pause holds
-- (due_s is then the deadline as it stood), and the priority of its budget.
ALTER TABLE clock ADD COLUMN used_s INTEGER;
ALTER TABLE clock ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE clock ADD COLUMN late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1));
ALTER TABLE clock ADD COLUMN paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1));
ALTER TABLE clock ADD COLUMN priority TEXT NOT NULL DEFAULT '';
-- A promise in working days has no seconds: budget_s is then 0.
ALTER TABLE clock ADD COLUMN days INTEGER NOT NULL DEFAULT 0;
-- What answers of the last days took is read by their end.
CREATE INDEX clock_by_end ON clock (ended_s);

-- Of a clock that was given another length or calendar: what held from when
-- on. The first row says how it began; a clock without rows never moved.
CREATE TABLE clock_span (
	clock_id INTEGER NOT NULL REFERENCES clock (id),
	number INTEGER NOT NULL,
	from_s INTEGER NOT NULL,
	book_version INTEGER NOT NULL REFERENCES book (version),
	policy TEXT NOT NULL,
	calendar TEXT NOT NULL,
	budget_s INTEGER NOT NULL,
	days INTEGER NOT NULL,
	PRIMARY KEY (clock_id, number)
) STRICT, WITHOUT ROWID;

-- Stretches in which a clock stood still; to_s NULL: it still does. cause is
-- the state's name.
CREATE TABLE clock_pause (
	clock_id INTEGER NOT NULL REFERENCES clock (id),
	number INTEGER NOT NULL,
	from_s INTEGER NOT NULL,
	to_s INTEGER,
	cause TEXT NOT NULL,
	PRIMARY KEY (clock_id, number)
) STRICT, WITHOUT ROWID;

-- Clocks that are still to be moved: to another version of the desk book, or
-- to other zone data. A tick moves some of them, up to after_id so far.
CREATE TABLE clock_walk (
	id INTEGER PRIMARY KEY,
	cause TEXT NOT NULL CHECK (cause = 'book' OR cause = 'zone'),
	book_version INTEGER REFERENCES book (version),
	anew INTEGER NOT NULL CHECK (anew IN (0, 1)),
	from_s INTEGER NOT NULL,
	after_id INTEGER NOT NULL DEFAULT 0,
	CHECK ((cause = 'book') = (book_version IS NOT NULL))
) STRICT;
CREATE INDEX clock_open ON clock (id) WHERE state = 'running' AND breached = 0;

-- What a breach or a move did to an incident is of its last instant too.
UPDATE incident SET updated_ms = max(updated_ms, b.found_ms)
FROM (SELECT incident_id, max(found_ms) AS found_ms FROM breach
	GROUP BY incident_id) AS b
WHERE incident.id = b.incident_id;
-- What a paused clock would be due at orders nothing.
DROP INDEX clock_due;
CREATE INDEX clock_due ON clock (due_s)
	WHERE state = 'running' AND breached = 0 AND paused = 0;

-- Warnings and escalations: the number of each in its policy, and when.
CREATE TABLE clock_step (
	clock_id INTEGER NOT NULL REFERENCES clock (id),
	kind TEXT NOT NULL CHECK (kind = 'warning' OR kind = 'escalation'),
	number INTEGER NOT NULL,
	at_s INTEGER NOT NULL,
	done_ms INTEGER,
	PRIMARY KEY (clock_id, kind, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX clock_step_at ON clock_step (at_s) WHERE done_ms IS NULL;

-- Why a promise was broken: as computed when the breach was found, and as a
-- manager said, whose reason is an internal note. Copies of what the incident
-- was then, so that a closed period never changes.
ALTER TABLE breach ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE breach ADD COLUMN cause_s INTEGER;
ALTER TABLE breach ADD COLUMN cause_agent_id INTEGER REFERENCES agent (id);
ALTER TABLE breach ADD COLUMN said_cause TEXT NOT NULL DEFAULT '';
ALTER TABLE breach ADD COLUMN said_by INTEGER REFERENCES agent (id);
ALTER TABLE breach ADD COLUMN said_ms INTEGER;
ALTER TABLE breach ADD COLUMN said_message_id INTEGER REFERENCES message (id);
ALTER TABLE breach ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE breach ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE breach ADD COLUMN reason TEXT NOT NULL DEFAULT '';

-- A claim that was registered: its code, and the clock of the law.
CREATE TABLE claim (
	incident_id INTEGER PRIMARY KEY REFERENCES incident (id),
	code TEXT NOT NULL UNIQUE,
	clock_id INTEGER REFERENCES clock (id),
	registered_ms INTEGER NOT NULL,
	agent_id INTEGER REFERENCES agent (id),
	withdrawn_ms INTEGER
) STRICT;

-- The incident that it was merged into.
ALTER TABLE incident ADD COLUMN merged_into INTEGER REFERENCES incident (id);
CREATE INDEX incident_merged ON incident (merged_into) WHERE merged_into IS NOT NULL;

-- When an agent opened an incident first.
CREATE TABLE incident_seen (
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	agent_id INTEGER NOT NULL REFERENCES agent (id),
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (incident_id, agent_id)
) STRICT, WITHOUT ROWID;

-- When an agent was away; to_ms NULL: still.
CREATE TABLE agent_away (
	id INTEGER PRIMARY KEY,
	agent_id INTEGER NOT NULL REFERENCES agent (id),
	from_ms INTEGER NOT NULL,
	to_ms INTEGER,
	planned_ms INTEGER,
	reason TEXT NOT NULL CHECK (reason = 'break' OR reason = 'meeting'
		OR reason = 'training' OR reason = 'absence'
		OR reason = 'holiday' OR reason = 'other')
) STRICT;
CREATE INDEX agent_away_agent ON agent_away (agent_id, from_ms);
CREATE UNIQUE INDEX agent_away_now ON agent_away (agent_id) WHERE to_ms IS NULL;
-- Notices go to an agent by mail too.
ALTER TABLE agent ADD COLUMN mail_notices INTEGER NOT NULL DEFAULT 0 CHECK (mail_notices IN (0, 1));

-- An answer time that a customer was told: by_s is the latest instant that
-- the words allow.
CREATE TABLE promise (
	id INTEGER PRIMARY KEY,
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	message_id INTEGER REFERENCES message (id),
	channel TEXT NOT NULL,
	queue TEXT NOT NULL,
	told_ms INTEGER NOT NULL,
	by_s INTEGER NOT NULL,
	basis TEXT NOT NULL CHECK (basis = 'measured' OR basis = 'policy'),
	words TEXT NOT NULL,
	answered_s INTEGER,
	kept INTEGER CHECK (kept IN (0, 1))
) STRICT;
CREATE INDEX promise_incident ON promise (incident_id);
CREATE INDEX promise_by ON promise (by_s);
CREATE INDEX promise_open ON promise (by_s) WHERE kept IS NULL;

-- A report that is mailed by itself. agents: a JSON list of their rows;
-- below and above are basis points of the report's figure.
CREATE TABLE report_plan (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	report TEXT NOT NULL,
	params TEXT NOT NULL,
	period TEXT NOT NULL CHECK (period = 'day' OR period = 'week' OR period = 'month'),
	at_minute INTEGER NOT NULL CHECK (at_minute BETWEEN 0 AND 1439),
	zone TEXT NOT NULL,
	language TEXT NOT NULL,
	agents TEXT NOT NULL,
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	below INTEGER,
	above INTEGER,
	active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
	last_ms INTEGER,
	next_ms INTEGER,
	made_by INTEGER REFERENCES agent (id),
	made_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX report_plan_next ON report_plan (next_ms) WHERE active = 1 AND next_ms IS NOT NULL;

-- What reports count, written once and copied with what was true then, so that
-- nothing that happens later changes a period that is over. Each row is told
-- by an event, and can be made from it again: ../REPORTS.md.
--   opened    a contact was taken in and began an incident
--   contact   another contact was taken in
--   in, out   an incident came to wait for something, or no more
--   answered  a clock was fulfilled, at that instant
--   met       a clock was fulfilled in time, at its deadline
--   broken    a clock was not, at its deadline
CREATE TABLE fact (
	kind TEXT NOT NULL CHECK (kind = 'opened' OR kind = 'contact' OR kind = 'in'
		OR kind = 'out' OR kind = 'answered' OR kind = 'met'
		OR kind = 'broken'),
	at_s INTEGER NOT NULL,
	event INTEGER NOT NULL,
	incident_id INTEGER NOT NULL,
	channel TEXT NOT NULL,
	queue TEXT NOT NULL,
	team TEXT NOT NULL,
	reason TEXT NOT NULL,
	agent_id INTEGER,
	since_s INTEGER NOT NULL,
	clock_id INTEGER,
	name TEXT,
	policy TEXT,
	book_version INTEGER,
	due_s INTEGER,
	budget_s INTEGER,
	used_s INTEGER,
	late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
	PRIMARY KEY (kind, at_s, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_clock ON fact (clock_id) WHERE clock_id IS NOT NULL;

-- What happened before there were facts: with what is true of it now. Events
-- are gone through in their order (CROSS JOIN), so that facts are, too.
INSERT INTO fact (kind, at_s, event, incident_id, channel, queue, team, reason,
	agent_id, since_s)
SELECT CASE WHEN e.kind = 'incident.changed' THEN
		CASE WHEN e.data ->> '$.set.state[1]' IN ('solved', 'closed', 'spam', 'merged')
			THEN 'out' ELSE 'in' END
	WHEN e.data ->> 'direction' <> 'in' THEN 'in'
	WHEN e.data ->> 'number' = 1 THEN 'opened' ELSE 'contact' END,
	e.at_ms / 1000, e.number, i.id, i.channel, i.queue, i.team, i.reason,
	i.assignee_id, i.created_ms / 1000
FROM event e CROSS JOIN incident i ON i.id = e.incident_id
WHERE (e.kind = 'message.added'
		AND (e.data ->> 'direction' = 'in' OR e.data ->> 'number' = 1))
	OR (e.kind = 'incident.changed' AND e.data ->> '$.set.state' IS NOT NULL
		AND (e.data ->> '$.set.state[0]' IN ('solved', 'closed', 'spam', 'merged'))
		<> (e.data ->> '$.set.state[1]' IN ('solved', 'closed', 'spam', 'merged')));
-- Of a clock that ran again, the last end stands.
INSERT INTO fact (kind, at_s, event, incident_id, channel, queue, team, reason,
	agent_id, since_s, clock_id, name, policy, book_version, due_s, budget_s)
SELECT 'answered', c.ended_s, max(e.number), i.id, i.channel, i.queue, i.team,
	i.reason, coalesce(m.agent_id, i.assignee_id), c.start_s, c.id, c.name,
	c.policy, c.book_version, c.due_s, c.budget_s
FROM event e CROSS JOIN clock c ON c.id = e.data ->> 'clock'
	CROSS JOIN incident i ON i.id = c.incident_id
	LEFT JOIN message m ON m.id = c.message_id
WHERE e.kind = 'clock.fulfilled' AND c.state = 'fulfilled' GROUP BY c.id;
INSERT INTO fact (kind, at_s, event, incident_id, channel, queue, team, reason,
	agent_id, since_s, clock_id, name, policy, book_version, due_s, budget_s)
SELECT 'met', f.due_s, f.event, f.incident_id, f.channel, f.queue, f.team,
	f.reason, f.agent_id, f.since_s, f.clock_id, f.name, f.policy,
	f.book_version, f.due_s, f.budget_s
FROM fact f WHERE f.kind = 'answered' AND f.due_s IS NOT NULL
	AND f.at_s <= f.due_s;
INSERT INTO fact (kind, at_s, event, incident_id, channel, queue, team, reason,
	agent_id, since_s, clock_id, name, policy, book_version, due_s, budget_s)
SELECT 'broken', b.at_s, max(e.number), i.id, i.channel, b.queue, i.team,
	i.reason, b.agent_id, c.start_s, c.id, c.name, c.policy, c.book_version,
	b.at_s, c.budget_s
FROM event e CROSS JOIN breach b ON b.clock_id = e.data ->> 'clock'
	CROSS JOIN clock c ON c.id = b.clock_id
	CROSS JOIN incident i ON i.id = b.incident_id
WHERE e.kind = 'clock.breached' GROUP BY b.clock_id;
