-- 0004: what a store of a million incidents is asked. Why: ../STORE.md.

-- Rare reasons and channels are found without a look at the others.
CREATE INDEX incident_reason ON incident (reason, active, id);
CREATE INDEX incident_channel ON incident (channel, active, id);
-- Those that wait for a customer have no deadline: in the order of deadlines
-- they come after all others.
CREATE INDEX incident_waiting ON incident (state, ifnull(due_ms, 9223372036854775807), id) WHERE active = 1;

-- Clocks that run on past their deadline.
CREATE INDEX clock_breached ON clock (id) WHERE state = 'running' AND breached = 1;

-- May a connection be removed: its deletion asks each row that names it.
CREATE INDEX incident_connection ON incident (connection_id) WHERE connection_id IS NOT NULL;
CREATE INDEX message_connection ON message (connection_id) WHERE connection_id IS NOT NULL;
CREATE INDEX delivery_connection ON delivery (connection_id);
CREATE INDEX job_connection ON job (connection_id);

-- Visitors who wrote nothing make room, the oldest first.
CREATE INDEX visitor_silent ON visitor (id) WHERE incident_id IS NULL;
