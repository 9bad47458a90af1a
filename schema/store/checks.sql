-- Questions to a store that a sound one answers with no row. Each follows a
-- line "-- check: NAME" and ends at the next one.

-- check: foreign_keys
SELECT "table", rowid, parent FROM pragma_foreign_key_check;

-- check: message_numbers
-- Numbers of an incident run from 1 without a gap.
SELECT incident_id, count(*), min(number), max(number) FROM message
GROUP BY incident_id
HAVING min(number) <> 1 OR max(number) <> count(*);

-- check: incident_messages
-- messages repeats how many there are; an incident has at least one.
SELECT i.id, i.messages, count(m.id) FROM incident i
LEFT JOIN message m ON m.incident_id = i.id
GROUP BY i.id HAVING i.messages <> count(m.id) OR count(m.id) = 0;

-- check: incident_last_direction
SELECT i.id, i.last_direction, m.direction FROM incident i
JOIN message m ON m.incident_id = i.id AND m.number = i.messages
WHERE i.last_direction <> m.direction;

-- check: incident_last_instant
SELECT i.id, i.last_ms, max(CASE m.direction
	WHEN 'in' THEN m.received_ms ELSE m.committed_ms END) AS at
FROM incident i JOIN message m ON m.incident_id = i.id
GROUP BY i.id HAVING i.last_ms <> at;

-- check: incident_active
SELECT id, state, active FROM incident
WHERE active <> (state NOT IN ('solved', 'closed', 'spam', 'merged'));

-- check: incident_due
-- due_ms repeats the nearest deadline of a running clock that is not paused.
SELECT i.id, i.due_ms, min(c.due_s) * 1000 AS due FROM incident i
LEFT JOIN clock c ON c.incident_id = i.id AND c.state = 'running'
	AND c.paused = 0
GROUP BY i.id HAVING i.due_ms IS NOT due;

-- check: incident_instants
SELECT id FROM incident
WHERE updated_ms < created_ms OR last_ms > updated_ms;

-- check: incident_follows
SELECT id, follows_id FROM incident WHERE follows_id >= id;

-- check: incident_claims
-- What a first mail named was there before it.
SELECT id, claims_id FROM incident WHERE claims_id >= id;

-- check: message_received
-- A channel cannot have received what was committed before.
SELECT id, received_ms, committed_ms FROM message
WHERE received_ms > committed_ms;

-- check: message_order
-- Messages of an incident were committed in the order of their numbers.
SELECT m.id FROM message m
JOIN message p ON p.incident_id = m.incident_id AND p.number = m.number - 1
WHERE m.committed_ms < p.committed_ms;

-- check: message_author
-- A note that a customer wrote is the comment of a rating, or says that they
-- changed or took back a message.
SELECT id, direction, author FROM message
WHERE (direction = 'in' AND author <> 'customer')
	OR (direction = 'out' AND author = 'customer')
	OR (author = 'agent' AND agent_id IS NULL)
	OR (direction = 'note' AND author = 'customer'
		AND whatsapp IS NULL
		AND id NOT IN (SELECT message_id FROM rating
			WHERE message_id IS NOT NULL));

-- check: message_json
SELECT id FROM message WHERE NOT json_valid(warnings)
	OR (mail IS NOT NULL AND NOT json_valid(mail))
	OR (whatsapp IS NOT NULL AND NOT json_valid(whatsapp))
	OR (forward IS NOT NULL AND NOT json_valid(forward));

-- check: message_matched
-- What found its incident is a contact, and not the first of it.
SELECT id, matched FROM message WHERE matched <> ''
	AND (direction <> 'in' OR number = 1 OR matched NOT IN ('token',
	'in_reply_to', 'references', 'bounce', 'merged', 'late_parent',
	'quoted', 'conversation'));

-- check: contact_raw
-- The octets of every contact that a channel brought are kept.
SELECT id FROM message WHERE digest IS NOT NULL AND raw_sha256 IS NULL;

-- check: raw_blob
SELECT m.id, m.raw_sha256 FROM message m
LEFT JOIN blob b ON b.sha256 = m.raw_sha256
WHERE m.raw_sha256 IS NOT NULL AND b.sha256 IS NULL;

-- check: attachment_blob
SELECT a.id, a.sha256 FROM attachment a
LEFT JOIN blob b ON b.sha256 = a.sha256 WHERE b.sha256 IS NULL;

-- check: attachment_positions
SELECT message_id FROM attachment GROUP BY message_id
HAVING min(position) <> 1 OR max(position) <> count(*);

-- check: blob_bytes
SELECT sha256, bytes, length(data) FROM blob
WHERE (data IS NOT NULL AND length(data) <> bytes) OR bytes < 0
	OR (data IS NULL AND bytes <= 65536);

-- check: blob_staged
-- What something refers to is not waiting to be collected.
SELECT b.sha256 FROM blob b WHERE b.staged_until_ms IS NOT NULL AND (
	EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 = b.sha256)
	OR EXISTS (SELECT 1 FROM message m WHERE m.raw_sha256 = b.sha256)
	OR EXISTS (SELECT 1 FROM hook h WHERE h.sha256 = b.sha256
		AND h.body IS NULL));

-- check: blob_referred
-- What nothing refers to waits to be collected.
SELECT b.sha256 FROM blob b WHERE b.staged_until_ms IS NULL
	AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 = b.sha256)
	AND NOT EXISTS (SELECT 1 FROM message m WHERE m.raw_sha256 = b.sha256)
	AND NOT EXISTS (SELECT 1 FROM hook h WHERE h.sha256 = b.sha256
		AND h.body IS NULL);

-- check: event_numbers
-- Numbers grow by one from the floor on.
SELECT count(*), min(number), max(number) FROM event
HAVING count(*) > 0 AND (max(number) - min(number) + 1 <> count(*)
	OR min(number) <> 1 + (SELECT coalesce(max(event_floor), 0) FROM desk));

-- check: event_sequence
-- Sequences of an incident grow by one; event_seq repeats the last.
SELECT i.id, i.event_seq, count(e.number), max(e.seq) FROM incident i
LEFT JOIN event e ON e.incident_id = i.id
GROUP BY i.id HAVING i.event_seq <> coalesce(max(e.seq), 0)
	OR (count(e.number) > 0
		AND max(e.seq) - min(e.seq) + 1 <> count(e.number));

-- check: event_sequence_null
SELECT number FROM event WHERE (incident_id IS NULL) <> (seq IS NULL);

-- check: event_json
SELECT number FROM event WHERE NOT json_valid(data);

-- check: event_created
-- Every incident tells of its making, every message of its adding.
SELECT i.id FROM incident i WHERE NOT EXISTS (SELECT 1 FROM event e
	WHERE e.incident_id = i.id AND e.kind = 'incident.created')
	AND (SELECT coalesce(max(event_floor), 0) FROM desk) = 0;

-- check: event_messages
SELECT i.id, i.messages, count(e.number) FROM incident i
LEFT JOIN event e ON e.incident_id = i.id AND e.kind = 'message.added'
WHERE (SELECT coalesce(max(event_floor), 0) FROM desk) = 0
GROUP BY i.id HAVING i.messages <> count(e.number);

-- check: clock_ended
SELECT id, state, ended_s FROM clock
WHERE (state = 'running') <> (ended_s IS NULL);

-- check: clock_fulfilled
-- What was fulfilled names a human's public answer in its own incident, also
-- one that was sent past the desk (an echo); a resolution needs none, a word
-- about an order any outgoing message.
SELECT c.id FROM clock c LEFT JOIN message m ON m.id = c.message_id
WHERE (c.state = 'fulfilled' AND c.name <> 'resolution') <> (c.message_id IS NOT NULL)
	OR (c.message_id IS NOT NULL AND (m.incident_id IS NOT c.incident_id
		OR m.direction IS NOT 'out'
		OR (m.author IS NOT 'agent' AND c.name <> 'proactive'
			AND json_extract(m.whatsapp, '$.echo') IS NOT 1)));

-- check: clock_failed_answer
-- An answer that never arrived fulfils nothing.
SELECT c.id FROM clock c JOIN delivery d ON d.message_id = c.message_id
JOIN incident i ON i.id = c.incident_id
WHERE c.state = 'fulfilled' AND d.state = 'failed'
	AND i.state NOT IN ('spam', 'merged');

-- check: clock_cancelled
SELECT id FROM clock WHERE state = 'cancelled' AND cause = '';

-- check: clock_breach
-- A breached clock has its breach, at its deadline, and no other has one.
SELECT c.id, c.breached, b.at_s FROM clock c
LEFT JOIN breach b ON b.clock_id = c.id
WHERE c.breached <> (b.clock_id IS NOT NULL)
	OR (b.at_s IS NOT NULL AND b.at_s IS NOT c.due_s)
	OR (b.incident_id IS NOT NULL AND b.incident_id <> c.incident_id);

-- check: clock_late
-- What ended after its deadline is breached; what ended in time is not.
SELECT id, due_s, ended_s, breached FROM clock
WHERE ended_s IS NOT NULL AND due_s IS NOT NULL
	AND breached < (ended_s > due_s);

-- check: clock_reply_once
-- At most one reply clock of an incident runs.
SELECT incident_id FROM clock WHERE state = 'running'
	AND name IN ('first_response', 'next_response')
GROUP BY incident_id HAVING count(*) > 1;

-- check: clock_ended_incident
-- No clock runs in what has ended, but what is owed all the same.
SELECT c.id, i.state FROM clock c JOIN incident i ON i.id = c.incident_id
WHERE c.state = 'running' AND i.state IN ('solved', 'closed', 'spam', 'merged')
	AND (c.name NOT IN ('claim', 'proactive') OR i.state IN ('spam', 'merged'));

-- check: clock_resolution_once
SELECT incident_id FROM clock WHERE state = 'running' AND name = 'resolution'
GROUP BY incident_id HAVING count(*) > 1;

-- check: clock_paused
-- A clock is paused exactly while its last pause holds, and then it runs.
SELECT c.id, c.paused FROM clock c
WHERE c.paused <> EXISTS (SELECT 1 FROM clock_pause p
		WHERE p.clock_id = c.id AND p.to_s IS NULL)
	OR (c.paused = 1 AND c.state <> 'running');

-- check: clock_pause_order
-- Pauses follow one another; only the last may hold.
SELECT p.clock_id, p.number FROM clock_pause p
LEFT JOIN clock_pause q ON q.clock_id = p.clock_id AND q.number = p.number - 1
WHERE p.number < 1 OR p.to_s < p.from_s
	OR (p.number > 1 AND (q.to_s IS NULL OR q.to_s > p.from_s));

-- check: clock_span_last
-- The last span says what holds; there are none, or two and more.
SELECT c.id FROM clock c JOIN clock_span s ON s.clock_id = c.id
WHERE s.number = (SELECT max(number) FROM clock_span x WHERE x.clock_id = c.id)
	AND (s.number < 2 OR s.book_version <> c.book_version
		OR s.policy <> c.policy OR s.calendar <> c.calendar
		OR s.budget_s <> c.budget_s OR s.days <> c.days);

-- check: clock_span_order
SELECT s.clock_id, s.number FROM clock_span s JOIN clock c ON c.id = s.clock_id
LEFT JOIN clock_span q ON q.clock_id = s.clock_id AND q.number = s.number - 1
WHERE (s.number = 1 AND s.from_s <> c.start_s)
	OR (s.number > 1 AND (q.from_s IS NULL OR q.from_s > s.from_s));

-- check: clock_used
SELECT id, used_s FROM clock WHERE state = 'running' AND used_s IS NOT NULL;

-- check: clock_step_running
-- Nothing is to come of a clock that does not run, or stands still.
SELECT t.clock_id FROM clock_step t JOIN clock c ON c.id = t.clock_id
WHERE t.done_ms IS NULL AND (c.state <> 'running' OR c.paused = 1);

-- check: claim_clock
-- A claim that was withdrawn is owed nothing.
SELECT m.incident_id FROM claim m LEFT JOIN clock c ON c.id = m.clock_id
WHERE (m.clock_id IS NOT NULL AND (c.name IS NOT 'claim'
		OR c.incident_id IS NOT m.incident_id))
	OR (m.withdrawn_ms IS NOT NULL AND c.state IS 'running');

-- check: incident_merged
-- Only what was merged says into which, and not into itself.
SELECT id, merged_into FROM incident
WHERE merged_into IS NOT NULL AND (state <> 'merged' OR merged_into = id);

-- check: delivery_message
-- A delivery belongs to an outgoing message of the same connection.
SELECT d.id FROM delivery d JOIN message m ON m.id = d.message_id
WHERE m.direction <> 'out' OR m.connection_id IS NOT d.connection_id
	OR m.external_id IS NOT d.key;

-- check: delivery_missing
-- Every outgoing message of a connection has a delivery, but one that was sent
-- past the desk.
SELECT m.id FROM message m LEFT JOIN delivery d ON d.message_id = m.id
WHERE m.direction = 'out' AND m.connection_id IS NOT NULL
	AND (d.id IS NULL) <> (json_extract(m.whatsapp, '$.echo') IS 1);

-- check: delivery_lost
-- What is sent again after an unknown outcome is so twice at most.
SELECT id, lost FROM delivery WHERE lost < 0 OR lost > 2 OR lost > attempts;

-- check: delivery_lease
SELECT id, state FROM delivery WHERE (state = 'taken') <> (lease_ms IS NOT NULL)
	OR (state IN ('sent', 'failed', 'unknown')) <> (ended_ms IS NOT NULL);

-- check: delivery_bounced
-- What came back has failed, at that instant.
SELECT id, state FROM delivery WHERE bounced_ms IS NOT NULL
	AND (state <> 'failed' OR ended_ms IS NOT bounced_ms);

-- check: identity_failed
-- A reason stands with its instant.
SELECT id FROM identity WHERE failed_ms IS NULL AND failed_detail <> '';

-- check: job_lease
SELECT id, state FROM job WHERE (state = 'taken') <> (lease_ms IS NOT NULL)
	OR (state IN ('done', 'failed')) <> (ended_ms IS NOT NULL);

-- check: job_json
SELECT id FROM job WHERE NOT json_valid(payload) OR NOT json_valid(result);

-- check: identity_folded
SELECT id FROM identity WHERE kind = 'email' AND value GLOB '*[A-Z]*';

-- check: identity_acked
-- Acknowledgements go by mail and by WhatsApp.
SELECT id FROM identity WHERE acked_ms IS NOT NULL
	AND kind NOT IN ('email', 'whatsapp', 'bsuid');

-- check: book_versions
SELECT count(*), max(version) FROM book
HAVING count(*) > 0 AND (min(version) <> 1 OR max(version) <> count(*));

-- check: session_agent
SELECT s.hash FROM session s JOIN agent a ON a.id = s.agent_id
WHERE a.active = 0;

-- check: connection_json
SELECT id FROM connection WHERE NOT json_valid(settings);

-- check: desk_row
SELECT count(*) FROM desk HAVING count(*) > 1;

-- check: folder_cursor
SELECT id FROM folder WHERE uid_validity < 0 OR first_uid < 1
	OR next_uid < first_uid OR renewals < 0;

-- check: ledger_message
-- A stored mail is a contact that its own connection brought.
SELECT l.folder_id, l.uid_validity, l.uid FROM ledger l
JOIN folder f ON f.id = l.folder_id
LEFT JOIN message m ON m.id = l.message_id
WHERE (l.state = 'stored') <> (l.message_id IS NOT NULL)
	OR (l.state = 'stored' AND (m.direction IS NOT 'in'
		OR m.connection_id IS NOT f.connection_id));

-- check: ledger_refused
-- What was not taken says why, and how large it is.
SELECT folder_id, uid_validity, uid FROM ledger
WHERE (state = 'refused') <> (code <> '')
	OR (state = 'refused') <> (bytes IS NOT NULL);

-- check: ledger_mailbox
-- Only mailboxes on a server have folders.
SELECT f.id FROM folder f JOIN connection c ON c.id = f.connection_id
WHERE c.kind <> 'mailbox';

-- check: visitor_incident
-- A visitor writes in a chat of their own site, under an identity.
SELECT v.id FROM visitor v LEFT JOIN incident i ON i.id = v.incident_id
WHERE (v.incident_id IS NULL) <> (v.identity_id IS NULL)
	OR (v.incident_id IS NOT NULL AND (i.channel <> 'chat'
		OR i.connection_id IS NOT v.connection_id));

-- check: visitor_numbers
-- Nobody was shown what is not there.
SELECT v.id, v.got_number, v.mailed_number FROM visitor v
LEFT JOIN incident i ON i.id = v.incident_id
WHERE max(v.got_number, v.mailed_number) > ifnull(i.messages, 0)
	OR (v.got_number > 0) > (v.got_ms IS NOT NULL);

-- check: visitor_instants
SELECT id FROM visitor WHERE used_ms < created_ms OR expires_ms <= used_ms
	OR (mail_due_ms IS NOT NULL
		AND (email IS NULL OR incident_id IS NULL));

-- check: visitor_connection
SELECT v.id FROM visitor v JOIN connection c ON c.id = v.connection_id
WHERE c.role <> 'chat';

-- check: rating_message
-- A comment is a note that the customer wrote in the same incident.
SELECT r.incident_id FROM rating r JOIN message m ON m.id = r.message_id
WHERE m.incident_id <> r.incident_id OR m.direction <> 'note'
	OR m.author <> 'customer';

-- check: incident_wake
-- Only what sleeps has an instant to wake at.
SELECT id, state, wake_ms FROM incident
WHERE wake_ms IS NOT NULL AND state <> 'snoozed';

-- check: rule_wait
-- An instant lies after what it follows.
SELECT rule, incident_id FROM rule_wait WHERE due_s < base_s;

-- check: rule_sent
-- What a rule sent was written by Postigo, to that customer.
SELECT r.customer_id, r.rule FROM rule_sent r
LEFT JOIN message m ON m.id = r.message_id
LEFT JOIN incident i ON i.id = m.incident_id
WHERE m.direction IS NOT 'out' OR m.author IS NOT 'bot'
	OR i.customer_id IS NOT r.customer_id;

-- check: fact_event
-- A fact is told by an event of its incident, of a kind that tells such facts.
SELECT f.kind, f.at_s, f.event FROM fact f
LEFT JOIN event e ON e.number = f.event
WHERE f.event > (SELECT event_floor FROM desk WHERE id = 1)
	AND (e.incident_id IS NOT f.incident_id OR NOT CASE f.kind
		WHEN 'opened' THEN e.kind = 'message.added'
		WHEN 'contact' THEN e.kind = 'message.added'
		WHEN 'in' THEN e.kind = 'message.added' OR e.kind = 'incident.changed'
		WHEN 'out' THEN e.kind = 'incident.changed'
		WHEN 'broken' THEN e.kind = 'clock.breached'
		ELSE e.kind = 'clock.fulfilled' END);

-- check: fact_clock
-- Each breach is a fact, and each clock that was fulfilled.
SELECT c.id, c.state, c.breached FROM clock c
WHERE (c.breached = 1 AND NOT EXISTS (SELECT 1 FROM fact f
		WHERE f.clock_id = c.id AND f.kind = 'broken'))
	OR (c.state = 'fulfilled' AND NOT EXISTS (SELECT 1 FROM fact f
		WHERE f.clock_id = c.id AND f.kind = 'answered'));

-- check: fact_waits
-- Incidents come and go in turn: those that wait came once more than they went.
SELECT i.id, i.active, ifnull(f.n, 0) FROM incident i
LEFT JOIN (SELECT incident_id, sum(CASE kind WHEN 'out' THEN -1 ELSE 1 END) AS n
	FROM fact WHERE kind = 'opened' OR kind = 'in' OR kind = 'out'
	GROUP BY incident_id) f ON f.incident_id = i.id
WHERE ifnull(f.n, 0) <> i.active;

-- check: promise_kept
-- A promise is kept exactly when it was answered by its instant.
SELECT id, by_s, answered_s, kept FROM promise
WHERE kept = 1 AND ifnull(answered_s, by_s + 1) > by_s
OR kept = 0 AND answered_s <= by_s
OR kept IS NULL AND answered_s IS NOT NULL;

-- check: hook_body
-- A small body is in its row, a larger one a blob of that name.
SELECT h.id FROM hook h LEFT JOIN blob b ON b.sha256 = h.sha256
WHERE h.bytes < 0 OR (h.body IS NULL) <> (h.bytes > 65536)
	OR length(h.body) <> h.bytes
	OR (h.body IS NULL AND b.bytes IS NOT h.bytes);

-- check: hook_lease
SELECT id, state FROM hook WHERE (state = 'taken') <> (lease_ms IS NOT NULL)
	OR (state IN ('done', 'dead')) <> (ended_ms IS NOT NULL)
	OR (state = 'dead' AND why = '') OR attempts < 0
	OR (state = 'taken' AND due_ms <> lease_ms);

-- check: hook_connection
-- Only the kinds that another's server tells have hooks.
SELECT h.id FROM hook h JOIN connection c ON c.id = h.connection_id
WHERE c.role NOT IN ('whatsapp', 'shop');

-- check: delivery_receipt
-- A receipt has its instant, and is a proof: what has arrived was sent.
SELECT id, state, receipt FROM delivery
WHERE (receipt <> '') <> (receipt_ms IS NOT NULL)
	OR (receipt IN ('delivered', 'read', 'played') AND state <> 'sent');

-- check: status_delivery
-- A receipt is of a delivery by its own connection.
SELECT s.connection_id, s.external_id FROM status s
JOIN delivery d ON d.id = s.delivery_id
WHERE d.connection_id <> s.connection_id;

-- check: media_here
-- What is here is an attachment, and what is not here is none.
SELECT m.id, m.state FROM media m LEFT JOIN attachment a
	ON a.message_id = m.message_id AND a.position = m.position
WHERE (m.state = 'here') <> (a.id IS NOT NULL)
	OR (m.state = 'gone' AND m.why = '')
	OR (m.state = 'pending' AND m.why <> '');

-- check: media_event
-- What is here was told of, and what was told of is here.
SELECT m.message_id, m.position, m.state FROM media m
JOIN message x ON x.id = m.message_id
WHERE (SELECT coalesce(max(event_floor), 0) FROM desk) = 0
	AND (m.state = 'here') <> EXISTS (SELECT 1 FROM event e
		WHERE e.incident_id = x.incident_id AND e.kind = 'message.media'
		AND json_extract(e.data, '$.message') = m.message_id
		AND json_extract(e.data, '$.position') = m.position
		AND json_extract(e.data, '$.state') = 'here');

-- check: reaction_event
-- A sign stands if the last that was told of it does not say that it was taken
-- away.
SELECT r.id, r.message_id FROM reaction r JOIN message x ON x.id = r.message_id
WHERE (SELECT coalesce(max(event_floor), 0) FROM desk) = 0
	AND (r.emoji <> '') <> coalesce((SELECT NOT json_extract(e.data, '$.removed')
		FROM event e WHERE e.incident_id = x.incident_id
		AND e.kind = 'message.reaction'
		AND json_extract(e.data, '$.message') = r.message_id
		AND json_extract(e.data, '$.identity') IS r.identity_id
		AND json_extract(e.data, '$.agent') IS r.agent_id
		ORDER BY e.seq DESC LIMIT 1), 0);

-- check: window_connection
SELECT w.connection_id, w.customer_id FROM contact_window w
JOIN connection c ON c.id = w.connection_id WHERE c.kind <> 'whatsapp';

-- check: identity_consent
-- What somebody said has its instant.
SELECT id FROM identity WHERE (consent <> '') <> (consent_ms IS NOT NULL);

-- check: template_json
SELECT connection_id, name, language FROM template
WHERE NOT json_valid(components);

-- check: survey_message
-- Customers are asked in their own incident.
SELECT s.incident_id FROM survey s JOIN message m ON m.id = s.message_id
WHERE m.incident_id <> s.incident_id OR m.direction <> 'out'
	OR s.answered_ms < s.asked_ms;

-- check: message_fallback
-- What goes another way stands beside what did not arrive, and is not taken on
-- itself.
SELECT f.id FROM message f JOIN message m ON m.id = f.fallback_of
WHERE f.direction <> 'out' OR m.direction <> 'out'
	OR f.incident_id <> m.incident_id
	OR f.connection_id IS m.connection_id OR m.fallback_of IS NOT NULL;

-- check: identity_heard
-- Only addresses of WhatsApp are noted to have written, or are given up.
SELECT id FROM identity WHERE kind NOT IN ('whatsapp', 'bsuid', 'parent_bsuid',
	'phone_match') AND (heard_ms IS NOT NULL OR scope LIKE 'gone:%');

-- check: order_connection
SELECT o.id FROM shop_order o JOIN connection c ON c.id = o.connection_id
WHERE c.role <> 'shop';

-- check: order_customer
-- An order has a customer exactly if it says why.
SELECT id FROM shop_order WHERE (customer_id IS NULL) <> (customer_basis = '');

-- check: order_deleted
-- What was gone after the shop's last word is deleted.
SELECT id FROM shop_order
WHERE deleted = 0 AND gone_ms IS NOT NULL AND gone_ms >= updated_ms;

-- check: order_told
-- What was never told in full is known to be gone, and has no lines.
SELECT o.id FROM shop_order o WHERE o.sha256 = '' AND (o.deleted = 0
	OR EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id));

-- check: order_refunded
-- refunded_total is the sum of the refunds, where there are any.
SELECT o.id, o.refunded_total, sum(r.amount) AS amount FROM shop_order o
JOIN order_refund r ON r.order_id = o.id
GROUP BY o.id HAVING o.refunded_total IS NOT sum(r.amount);

-- check: order_buyer
-- Columns that look-ups read repeat what the buyer is.
SELECT id FROM shop_order
WHERE buyer_email <> coalesce(json_extract(buyer, '$.email'), '')
	OR buyer_phone <> coalesce(json_extract(buyer, '$.phone_e164'), '')
	OR buyer_external_id <> coalesce(json_extract(buyer, '$.external_id'), '');

-- check: order_numbers
-- Lines and payments are numbered from 1 without a gap.
SELECT order_id, 'line' FROM order_line GROUP BY order_id
HAVING min(number) <> 1 OR max(number) <> count(*)
UNION ALL
SELECT order_id, 'payment' FROM order_payment GROUP BY order_id
HAVING min(number) <> 1 OR max(number) <> count(*);

-- check: order_raw
-- The source's text has its digest; without the text the digest may stay.
SELECT id FROM shop_order WHERE raw IS NOT NULL AND raw_sha256 = '';

-- check: shipment_place
-- Checkpoints are numbered from 1 without a gap.
SELECT shipment_id FROM checkpoint GROUP BY shipment_id
HAVING min(number) <> 1 OR max(number) <> count(*);

-- check: shipment_waiting
-- Only tracking waits for its order.
SELECT id FROM shipment WHERE order_id IS NULL AND listed IS NOT NULL;

-- check: order_link_event
-- A link stands if the last that was told of it says so.
SELECT l.incident_id, l.order_id FROM order_link l
WHERE (SELECT coalesce(max(event_floor), 0) FROM desk) = 0
	AND coalesce((SELECT e.kind FROM event e
		WHERE e.incident_id = l.incident_id
		AND e.kind IN ('order.linked', 'order.unlinked')
		AND json_extract(e.data, '$.order') = l.order_id
		ORDER BY e.seq DESC LIMIT 1), '') <> 'order.linked';

-- check: order_json
-- What is kept as JSON can be read.
SELECT id, 'order' FROM shop_order WHERE NOT (json_valid(tags)
	AND json_valid(buyer) AND json_valid(billing) AND json_valid(shipping))
UNION ALL
SELECT order_id, 'line' FROM order_line WHERE NOT json_valid(properties)
UNION ALL
SELECT order_id, 'refund' FROM order_refund WHERE NOT json_valid(lines)
UNION ALL
SELECT order_id, 'return' FROM order_return
WHERE NOT (json_valid(lines) AND json_valid(steps))
UNION ALL
SELECT id, 'shipment' FROM shipment WHERE NOT (json_valid(lines)
	AND (listed IS NULL OR json_valid(listed))
	AND (tracked IS NULL OR json_valid(tracked)));

-- check: shop_rows
-- Only shops are read, imported into, and ask on behalf of their customers.
SELECT x.connection_id, x.what FROM (
	SELECT connection_id, 'cursor' AS what FROM shop_cursor
	UNION SELECT connection_id, 'import' FROM import_run
	UNION SELECT connection_id, 'privacy' FROM privacy_request) x
JOIN connection c ON c.id = x.connection_id WHERE c.role <> 'shop';

-- check: import_ended
-- An import has an end exactly if it does not run; what changed is accepted.
SELECT id FROM import_run
WHERE (state = 'running') <> (ended_ms IS NULL) OR changed > accepted;

-- check: privacy_done
-- Once it is done, nobody knows any more of whom a request was.
SELECT id FROM privacy_request
WHERE done_ms IS NOT NULL AND external_id <> '';

-- check: customer_merged
-- Who is part of another customer was merged into somebody, and that stands.
SELECT c.id FROM customer c WHERE (c.merged_into IS NOT NULL) <> EXISTS (
	SELECT 1 FROM customer_merge m
	WHERE m.gone_id = c.id AND m.undone_ms IS NULL);

-- check: merged_rows
-- Nothing is of a customer who is part of another one.
SELECT c.id, 'identity' FROM customer c JOIN identity d ON d.customer_id = c.id
WHERE c.merged_into IS NOT NULL
UNION ALL
SELECT c.id, 'incident' FROM customer c JOIN incident i ON i.customer_id = c.id
WHERE c.merged_into IS NOT NULL
UNION ALL
SELECT c.id, 'order' FROM customer c JOIN shop_order o ON o.customer_id = c.id
WHERE c.merged_into IS NOT NULL
UNION ALL
SELECT c.id, 'window' FROM customer c
JOIN contact_window w ON w.customer_id = c.id WHERE c.merged_into IS NOT NULL;

-- check: merge_journal
-- What moved is written down, and who undid it is known with the instant.
SELECT id FROM customer_merge WHERE json_valid(journal) = 0
	OR (undone_by IS NOT NULL AND undone_ms IS NULL);
