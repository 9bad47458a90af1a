-- 0005: what the desk book's rules do by themselves. Why: ../STORE.md.

-- Whose team it is beside its queue's, until when it sleeps, and whether
-- rules could not be decided and nobody has looked since.
ALTER TABLE incident ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN wake_ms INTEGER;
ALTER TABLE incident ADD COLUMN undecided INTEGER NOT NULL DEFAULT 0 CHECK (undecided IN (0, 1));
CREATE INDEX incident_wake ON incident (wake_ms) WHERE wake_ms IS NOT NULL;
CREATE INDEX incident_undecided ON incident (undecided) WHERE undecided = 1;
-- Timed rules walk over the incidents of a state by their rows.
CREATE INDEX incident_walk ON incident (state, id) WHERE state NOT IN ('closed', 'spam', 'merged');

-- How far each timed rule is: at_s is the instant that it was last run for;
-- after_id, where its walk over the incidents stands, NULL when it is over.
CREATE TABLE rule_time (
	rule TEXT PRIMARY KEY,
	book_version INTEGER NOT NULL REFERENCES book (version),
	at_s INTEGER NOT NULL,
	after_id INTEGER
) STRICT, WITHOUT ROWID;

-- Instants at which a rule is run for one incident: base_s is what happened
-- then, due_s the instant itself.
CREATE TABLE rule_wait (
	rule TEXT NOT NULL,
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	base_s INTEGER NOT NULL,
	due_s INTEGER NOT NULL,
	PRIMARY KEY (rule, incident_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX rule_wait_due ON rule_wait (due_s);
CREATE INDEX rule_wait_incident ON rule_wait (incident_id);

-- A rule answered a customer by itself: it does so no more before until_ms.
CREATE TABLE rule_sent (
	customer_id INTEGER NOT NULL REFERENCES customer (id),
	rule TEXT NOT NULL,
	message_id INTEGER NOT NULL REFERENCES message (id),
	until_ms INTEGER NOT NULL,
	PRIMARY KEY (customer_id, rule)
) STRICT, WITHOUT ROWID;
CREATE INDEX rule_sent_until ON rule_sent (until_ms);
