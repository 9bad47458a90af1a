-- 0007: which incident a mail belongs to, and what came back. Why: ../STORE.md.

-- How a contact found its incident; '': it opened one, or no channel's rule
-- was asked. forward: JSON, the part of a mail that was forwarded.
ALTER TABLE message ADD COLUMN matched TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN forward TEXT;

-- The incident that its first mail named, though its sender takes no part
-- there.
ALTER TABLE incident ADD COLUMN claims_id INTEGER REFERENCES incident (id);

-- Mail to an address came back for good; when it got an acknowledgement last.
ALTER TABLE identity ADD COLUMN failed_ms INTEGER;
ALTER TABLE identity ADD COLUMN failed_detail TEXT NOT NULL DEFAULT '';
ALTER TABLE identity ADD COLUMN acked_ms INTEGER;

-- Who may write into an incident by naming one of its mails, beside its
-- customer and the desk's agents.
CREATE TABLE participant (
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	identity_id INTEGER NOT NULL REFERENCES identity (id),
	PRIMARY KEY (incident_id, identity_id)
) STRICT, WITHOUT ROWID;

-- A delivery that was accepted may come back; one whose outcome is unknown is
-- sent again a few times.
ALTER TABLE delivery ADD COLUMN bounced_ms INTEGER;
ALTER TABLE delivery ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;

-- Below an agent's answers that go by mail.
ALTER TABLE agent ADD COLUMN signature TEXT NOT NULL DEFAULT '';
