-- 0009: what customers bought: a read copy of the shops' orders, who is who
-- across shops and channels, and how far each shop was read. Why: ../STORE.md.

-- An order as its shop told it last. Amounts are minor units of the currency.
CREATE TABLE shop_order (
	id INTEGER PRIMARY KEY,
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	external_id TEXT NOT NULL,
	number TEXT NOT NULL DEFAULT '',
	number_key TEXT NOT NULL DEFAULT '',
	url TEXT NOT NULL DEFAULT '',
	state TEXT NOT NULL DEFAULT 'unknown' CHECK (state IN ('open',
		'completed', 'cancelled', 'unknown')),
	payment_state TEXT NOT NULL DEFAULT 'unknown' CHECK (payment_state IN (
		'pending', 'authorized', 'partially_paid', 'paid',
		'partially_refunded', 'refunded', 'voided', 'failed',
		'unknown')),
	fulfilment_state TEXT NOT NULL DEFAULT 'unknown'
		CHECK (fulfilment_state IN ('unfulfilled', 'partial',
		'fulfilled', 'unknown')),
	raw_status TEXT NOT NULL DEFAULT '',
	currency TEXT NOT NULL DEFAULT '',
	total INTEGER,
	subtotal INTEGER,
	shipping_total INTEGER,
	tax_total INTEGER,
	discount_total INTEGER,
	refunded_total INTEGER,
	placed_ms INTEGER NOT NULL,
	updated_ms INTEGER NOT NULL,
	told_ms INTEGER NOT NULL,
	cancelled_ms INTEGER,
	cancel_reason TEXT NOT NULL DEFAULT '',
	note TEXT NOT NULL DEFAULT '',
	tags TEXT NOT NULL DEFAULT '[]',
	deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
	gone_ms INTEGER,
	test INTEGER NOT NULL DEFAULT 0 CHECK (test IN (0, 1)),
	promised_s INTEGER,
	promised_order_s INTEGER,
	late_ms INTEGER,
	delivered_ms INTEGER,
	customer_id INTEGER REFERENCES customer (id),
	customer_basis TEXT NOT NULL DEFAULT '' CHECK (customer_basis IN ('',
		'account', 'email', 'phone', 'agent')),
	buyer_external_id TEXT NOT NULL DEFAULT '',
	buyer_email TEXT NOT NULL DEFAULT '',
	buyer_phone TEXT NOT NULL DEFAULT '',
	buyer TEXT NOT NULL DEFAULT '{}',
	billing TEXT NOT NULL DEFAULT '{}',
	shipping TEXT NOT NULL DEFAULT '{}',
	sha256 TEXT NOT NULL DEFAULT '',
	polled INTEGER NOT NULL DEFAULT 0 CHECK (polled IN (0, 1)),
	raw_sha256 TEXT NOT NULL DEFAULT '',
	raw BLOB,
	UNIQUE (connection_id, external_id)
) STRICT;
-- Everything that the totals and the list of a customer's orders read.
CREATE INDEX shop_order_customer ON shop_order (customer_id, placed_ms DESC,
	id DESC, deleted, test, state, payment_state, fulfilment_state,
	currency, total, refunded_total, delivered_ms)
	WHERE customer_id IS NOT NULL;
CREATE INDEX shop_order_number ON shop_order (number_key)
	WHERE number_key <> '';
CREATE INDEX shop_order_email ON shop_order (buyer_email)
	WHERE buyer_email <> '';
CREATE INDEX shop_order_phone ON shop_order (buyer_phone)
	WHERE buyer_phone <> '';
CREATE INDEX shop_order_account ON shop_order (connection_id,
	buyer_external_id) WHERE buyer_external_id <> '';
CREATE INDEX shop_order_promised ON shop_order (promised_s)
	WHERE promised_s IS NOT NULL AND late_ms IS NULL
	AND delivered_ms IS NULL AND deleted = 0 AND state <> 'cancelled';

CREATE TABLE order_line (
	order_id INTEGER NOT NULL REFERENCES shop_order (id) ON DELETE CASCADE,
	number INTEGER NOT NULL,
	external_id TEXT NOT NULL DEFAULT '',
	product_id TEXT NOT NULL DEFAULT '',
	variant_id TEXT NOT NULL DEFAULT '',
	sku TEXT NOT NULL DEFAULT '',
	name TEXT NOT NULL DEFAULT '',
	variant TEXT NOT NULL DEFAULT '',
	quantity INTEGER NOT NULL,
	unit_price INTEGER,
	total INTEGER,
	refunded_quantity INTEGER NOT NULL DEFAULT 0,
	properties TEXT NOT NULL DEFAULT '[]',
	PRIMARY KEY (order_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE order_payment (
	order_id INTEGER NOT NULL REFERENCES shop_order (id) ON DELETE CASCADE,
	number INTEGER NOT NULL,
	method TEXT NOT NULL DEFAULT '',
	title TEXT NOT NULL DEFAULT '',
	transaction_id TEXT NOT NULL DEFAULT '',
	amount INTEGER,
	status TEXT NOT NULL DEFAULT '',
	at_ms INTEGER,
	PRIMARY KEY (order_id, number)
) STRICT, WITHOUT ROWID;

-- Money that went back.
CREATE TABLE order_refund (
	order_id INTEGER NOT NULL REFERENCES shop_order (id) ON DELETE CASCADE,
	external_id TEXT NOT NULL,
	amount INTEGER NOT NULL,
	currency TEXT NOT NULL DEFAULT '',
	reason TEXT NOT NULL DEFAULT '',
	at_ms INTEGER,
	lines TEXT NOT NULL DEFAULT '[]',
	PRIMARY KEY (order_id, external_id)
) STRICT, WITHOUT ROWID;

-- Goods that come back.
CREATE TABLE order_return (
	order_id INTEGER NOT NULL REFERENCES shop_order (id) ON DELETE CASCADE,
	external_id TEXT NOT NULL,
	status TEXT NOT NULL CHECK (status IN ('requested', 'approved',
		'declined', 'in_transit', 'received', 'closed', 'unknown')),
	reason TEXT NOT NULL DEFAULT '',
	at_ms INTEGER,
	lines TEXT NOT NULL DEFAULT '[]',
	refund_id TEXT NOT NULL DEFAULT '',
	steps TEXT NOT NULL DEFAULT '[]',
	PRIMARY KEY (order_id, external_id)
) STRICT, WITHOUT ROWID;

-- A parcel. order_id NULL: tracking that came before its order.
CREATE TABLE shipment (
	id INTEGER PRIMARY KEY,
	order_id INTEGER REFERENCES shop_order (id) ON DELETE CASCADE,
	order_connection_id INTEGER REFERENCES connection (id),
	order_ref TEXT NOT NULL DEFAULT '',
	external_id TEXT NOT NULL DEFAULT '',
	carrier TEXT NOT NULL DEFAULT '',
	tracking_number TEXT NOT NULL DEFAULT '',
	tracking_key TEXT NOT NULL DEFAULT '',
	tracking_url TEXT NOT NULL DEFAULT '',
	status TEXT NOT NULL DEFAULT 'unknown' CHECK (status IN ('pending',
		'shipped', 'in_transit', 'out_for_delivery',
		'available_for_pickup', 'attempt_failed', 'exception',
		'delivered', 'returned', 'expired', 'cancelled', 'unknown')),
	status_raw TEXT NOT NULL DEFAULT '',
	status_ms INTEGER,
	shipped_ms INTEGER,
	delivered_ms INTEGER,
	estimated_s INTEGER,
	lines TEXT NOT NULL DEFAULT '[]',
	listed TEXT,
	tracked TEXT,
	CHECK (listed IS NOT NULL OR tracked IS NOT NULL)
) STRICT;
CREATE INDEX shipment_order ON shipment (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX shipment_connection ON shipment (order_connection_id)
	WHERE order_connection_id IS NOT NULL;
CREATE INDEX shipment_tracking ON shipment (tracking_key)
	WHERE tracking_key <> '';
CREATE INDEX shipment_waiting ON shipment (order_ref)
	WHERE order_id IS NULL AND order_ref <> '';

CREATE TABLE checkpoint (
	shipment_id INTEGER NOT NULL REFERENCES shipment (id) ON DELETE CASCADE,
	number INTEGER NOT NULL,
	at_ms INTEGER,
	status TEXT NOT NULL DEFAULT '',
	text TEXT NOT NULL DEFAULT '',
	place TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (shipment_id, number)
) STRICT, WITHOUT ROWID;

-- What an incident is about.
CREATE TABLE order_link (
	incident_id INTEGER NOT NULL REFERENCES incident (id),
	order_id INTEGER NOT NULL REFERENCES shop_order (id) ON DELETE CASCADE,
	how TEXT NOT NULL CHECK (how IN ('hand', 'text', 'page', 'rule',
		'fallback')),
	agent_id INTEGER REFERENCES agent (id),
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (incident_id, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_link_order ON order_link (order_id);

-- Where somebody's customer went on; undone, it is NULL again.
ALTER TABLE customer ADD COLUMN merged_into INTEGER REFERENCES customer (id);
CREATE INDEX customer_merged ON customer (merged_into)
	WHERE merged_into IS NOT NULL;

-- What the desk wrote down of a customer.
CREATE TABLE customer_note (
	customer_id INTEGER PRIMARY KEY REFERENCES customer (id),
	text TEXT NOT NULL CHECK (text <> ''),
	agent_id INTEGER REFERENCES agent (id),
	at_ms INTEGER NOT NULL
) STRICT;

-- Two customers who may be one; a person says.
CREATE TABLE suggestion (
	id INTEGER PRIMARY KEY,
	customer_a INTEGER NOT NULL REFERENCES customer (id),
	customer_b INTEGER NOT NULL REFERENCES customer (id),
	basis TEXT NOT NULL,
	at_ms INTEGER NOT NULL,
	state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'merged',
		'refused')),
	agent_id INTEGER REFERENCES agent (id),
	CHECK (customer_a < customer_b),
	UNIQUE (customer_a, customer_b)
) STRICT;
CREATE INDEX suggestion_b ON suggestion (customer_b);
CREATE INDEX suggestion_open ON suggestion (id) WHERE state = 'open';

CREATE TABLE customer_merge (
	id INTEGER PRIMARY KEY,
	kept_id INTEGER NOT NULL REFERENCES customer (id),
	gone_id INTEGER NOT NULL REFERENCES customer (id),
	agent_id INTEGER REFERENCES agent (id),
	at_ms INTEGER NOT NULL,
	journal TEXT NOT NULL,
	undone_ms INTEGER,
	undone_by INTEGER REFERENCES agent (id),
	CHECK (kept_id <> gone_id)
) STRICT;
CREATE INDEX customer_merge_kept ON customer_merge (kept_id);
CREATE INDEX customer_merge_gone ON customer_merge (gone_id);

-- How far a shop was read.
CREATE TABLE shop_cursor (
	connection_id INTEGER NOT NULL
		REFERENCES connection (id) ON DELETE CASCADE,
	resource TEXT NOT NULL,
	mark TEXT NOT NULL DEFAULT '',
	page TEXT NOT NULL DEFAULT '',
	looked_ms INTEGER,
	seen_hook_ms INTEGER,
	PRIMARY KEY (connection_id, resource)
) STRICT, WITHOUT ROWID;

-- A file of orders that is read in.
CREATE TABLE import_run (
	id INTEGER PRIMARY KEY,
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	name TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	line INTEGER NOT NULL DEFAULT 0,
	accepted INTEGER NOT NULL DEFAULT 0,
	changed INTEGER NOT NULL DEFAULT 0,
	refused INTEGER NOT NULL DEFAULT 0,
	state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running',
		'done', 'failed')),
	started_ms INTEGER NOT NULL,
	ended_ms INTEGER
) STRICT;
CREATE INDEX import_run_connection ON import_run (connection_id, sha256);

-- What a shop asked on behalf of a person's rights.
CREATE TABLE privacy_request (
	id INTEGER PRIMARY KEY,
	connection_id INTEGER NOT NULL REFERENCES connection (id),
	kind TEXT NOT NULL CHECK (kind IN ('customer_redact', 'data_request',
		'shop_redact')),
	external_id TEXT NOT NULL DEFAULT '',
	asked TEXT NOT NULL DEFAULT '{}',
	asked_ms INTEGER NOT NULL,
	due_ms INTEGER NOT NULL,
	done_ms INTEGER,
	counts TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX privacy_request_due ON privacy_request (due_ms)
	WHERE done_ms IS NULL;
CREATE INDEX privacy_request_connection ON privacy_request (connection_id);
