-- 0004: what a store of a million incidents is asked. Why: ../STORE.md.

-- Rare reasons and channels are found without a look at the others.
CREATE INDEX incident_reason ON incident (reason, active, id);
CREATE INDEX incident_channel ON incident (channel, active, id);

-- Clocks that run on past their deadline.
CREATE INDEX clock_breached ON clock (id) WHERE state = 'running' AND breached = 1;
