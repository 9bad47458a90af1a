#include "rules/field.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

const char *const field_channels[] = { "email", "chat", "whatsapp", "phone",
				       "form",  "api",  "order",    NULL };
const char *const field_states[] = { "new",     "open",    "pending_customer",
				     "on_hold", "snoozed", "solved",
				     "closed",  "spam",    "merged",
				     NULL };
const char *const field_priorities[] = { "low", "normal", "high", "urgent",
					 NULL };
const char *const field_reasons[] = { "order_status",
				      "delivery_late",
				      "stuck_in_transit",
				      "not_received",
				      "address_change",
				      "order_edit",
				      "cancel_request",
				      "discount_missing",
				      "damaged",
				      "defective",
				      "wrong_item",
				      "missing_item",
				      "return_request",
				      "exchange_request",
				      "refund_status",
				      "warranty",
				      "claim",
				      "invoice",
				      "product_question",
				      "stock_question",
				      "loyalty",
				      "policy_question",
				      "privacy_request",
				      "complaint",
				      "praise",
				      "spam",
				      "other",
				      NULL };
const char *const field_can_reply[] = { "free", "template", "no", NULL };
const char *const field_authors[] = { "customer", "agent", "bot", NULL };
const char *const field_clocks[] = { "first_response", "next_response",
				     "resolution",     "proactive",
				     "claim",          NULL };
const char *const field_order_states[] = { "created",
					   "paid",
					   "on_hold",
					   "shipped",
					   "out_for_delivery",
					   "ready_for_pickup",
					   "delivery_attempted",
					   "delivered",
					   "delivery_failed",
					   "cancelled",
					   "partially_refunded",
					   "refunded",
					   NULL };
const char *const field_return_states[] = { "requested", "approved",
					    "declined",  "in_transit",
					    "received",  "closed",
					    NULL };

/* Events that are about an incident; orders may have one, or none. */
#define INCIDENT EVENT_ALL

static const struct field_row rows[] = {
	{ RULE_FIELD_SENDER, "sender", FIELD_TEXT, INCIDENT, NULL, false,
	  THING_NONE, "the customer's address" },
	{ RULE_FIELD_SUBJECT, "subject", FIELD_TEXT, INCIDENT, NULL, false,
	  THING_NONE, "the subject" },
	{ RULE_FIELD_BODY, "body", FIELD_TEXT, EVENT_MESSAGES, NULL, false,
	  THING_NONE, "the new text, without what it quotes" },
	{ RULE_FIELD_HEADER, "header", FIELD_TEXT, EVENT_MESSAGES, NULL, false,
	  THING_NONE, "a header of the mail, by its name" },
	{ RULE_FIELD_FILE_NAME, "attachment.name", FIELD_TEXT, EVENT_MESSAGES,
	  NULL, false, THING_NONE, "the name of any attachment" },
	{ RULE_FIELD_FILE_TYPE, "attachment.type", FIELD_TEXT, EVENT_MESSAGES,
	  NULL, false, THING_NONE, "the media type of any attachment" },
	{ RULE_FIELD_CUSTOMER_NAME, "customer.name", FIELD_TEXT, EVENT_ALL,
	  NULL, false, THING_NONE, "the customer's name" },
	{ RULE_FIELD_PAGE, "page", FIELD_TEXT, INCIDENT, NULL, false,
	  THING_NONE, "the page that a chat began on" },
	{ RULE_FIELD_ORDER_NUMBER, "order.number", FIELD_TEXT, EVENT_ALL, NULL,
	  false, THING_NONE, "the number of the order" },
	{ RULE_FIELD_CHANNEL, "channel", FIELD_WORD, INCIDENT, field_channels,
	  false, THING_NONE, "the channel that the incident came by" },
	{ RULE_FIELD_MAILBOX, "mailbox", FIELD_WORD, INCIDENT, NULL, true,
	  THING_NONE, "the connection that it came by" },
	{ RULE_FIELD_LANGUAGE, "language", FIELD_WORD, INCIDENT, NULL, false,
	  THING_NONE, "the incident's language" },
	{ RULE_FIELD_QUEUE, "queue", FIELD_WORD, INCIDENT, NULL, true,
	  THING_QUEUE, "the incident's queue" },
	{ RULE_FIELD_TEAM, "team", FIELD_WORD, INCIDENT, NULL, true, THING_TEAM,
	  "the team of the incident" },
	{ RULE_FIELD_STATE, "state", FIELD_WORD, INCIDENT, field_states, false,
	  THING_NONE, "the incident's state" },
	{ RULE_FIELD_STATE_BEFORE, "state.before", FIELD_WORD, EVENT_STATE,
	  field_states, false, THING_NONE, "the state before the change" },
	{ RULE_FIELD_PRIORITY, "priority", FIELD_WORD, INCIDENT,
	  field_priorities, false, THING_NONE, "the incident's priority" },
	{ RULE_FIELD_REASON, "reason", FIELD_WORD, INCIDENT, field_reasons,
	  false, THING_NONE, "the contact reason" },
	{ RULE_FIELD_POLICY, "policy", FIELD_WORD, INCIDENT, NULL, true,
	  THING_POLICY, "the policy that holds" },
	{ RULE_FIELD_TAG, "tag", FIELD_WORD, INCIDENT, NULL, true, THING_NONE,
	  "any of the incident's tags" },
	{ RULE_FIELD_ASSIGNEE, "assignee", FIELD_WORD, INCIDENT, NULL, true,
	  THING_NONE, "the address of the agent who has it" },
	{ RULE_FIELD_AUTHOR, "author", FIELD_WORD, EVENT_MESSAGES | EVENT_STATE,
	  field_authors, false, THING_NONE, "who wrote, or changed the state" },
	{ RULE_FIELD_ORDER_STATE, "order.state", FIELD_WORD, EVENT_ALL,
	  field_order_states, false, THING_NONE, "the state of the order" },
	{ RULE_FIELD_RETURN_STATE, "return.state", FIELD_WORD,
	  EVENT_ORDER_RETURN, field_return_states, false, THING_NONE,
	  "what became of the return" },
	{ RULE_FIELD_CLOCK, "clock", FIELD_WORD, EVENT_CLOCKS, field_clocks,
	  false, THING_NONE, "the promise that is at stake" },
	{ RULE_FIELD_CAN_REPLY, "can_reply", FIELD_WORD, INCIDENT,
	  field_can_reply, false, THING_NONE,
	  "what WhatsApp lets one write to the customer" },
	{ RULE_FIELD_MESSAGES, "messages", FIELD_NUMBER, INCIDENT, NULL, false,
	  THING_NONE, "how many messages the incident has" },
	{ RULE_FIELD_ATTACHMENTS, "attachments", FIELD_NUMBER, EVENT_MESSAGES,
	  NULL, false, THING_NONE, "how many files came with the message" },
	{ RULE_FIELD_CUSTOMER_INCIDENTS, "customer.incidents", FIELD_NUMBER,
	  EVENT_ALL, NULL, false, THING_NONE,
	  "how many incidents the customer has had" },
	{ RULE_FIELD_CUSTOMER_ORDERS, "customer.orders", FIELD_NUMBER,
	  EVENT_ALL, NULL, false, THING_NONE,
	  "how many orders the customer has made" },
	{ RULE_FIELD_ORDER_LINES, "order.lines", FIELD_NUMBER, EVENT_ALL, NULL,
	  false, THING_NONE, "how many lines the order has" },
	{ RULE_FIELD_AGE, "age", FIELD_DURATION, INCIDENT, NULL, false,
	  THING_NONE, "since the incident was created" },
	{ RULE_FIELD_WAITING, "waiting", FIELD_DURATION, INCIDENT, NULL, false,
	  THING_NONE, "since the customer's last unanswered word" },
	{ RULE_FIELD_ORDER_AGE, "order.age", FIELD_DURATION, EVENT_ALL, NULL,
	  false, THING_NONE, "since the order was placed" },
	{ RULE_FIELD_ORDER_DELAY, "order.delay", FIELD_DURATION, EVENT_ALL,
	  NULL, false, THING_NONE,
	  "since the date passed that was promised for it" },
	{ RULE_FIELD_CLOCK_LEFT, "clock.left", FIELD_DURATION,
	  EVENT_CLOCKS | EVENT_TIME, NULL, false, THING_NONE,
	  "until the promise is broken" },
	{ RULE_FIELD_ORDER_TOTAL, "order.total", FIELD_MONEY, EVENT_ALL, NULL,
	  false, THING_NONE, "what the order cost" },
	{ RULE_FIELD_CUSTOMER_KNOWN, "customer.known", FIELD_FLAG, EVENT_ALL,
	  NULL, false, THING_NONE, "the customer wrote or bought before" },
	{ RULE_FIELD_ASSIGNED, "assigned", FIELD_FLAG, INCIDENT, NULL, false,
	  THING_NONE, "an agent has the incident" },
	{ RULE_FIELD_ORDER_FOUND, "order.found", FIELD_FLAG, EVENT_ALL, NULL,
	  false, THING_NONE, "the order is known" },
	{ RULE_FIELD_ROBOT, "robot", FIELD_FLAG, EVENT_MESSAGES, NULL, false,
	  THING_NONE, "a program wrote the message" },
};

static const char *const events[EVENT_NAMES + 1] = { "contact",
						     "answer",
						     "state",
						     "clock.warning",
						     "clock.breach",
						     "order.created",
						     "order.paid",
						     "order.shipped",
						     "order.delivered",
						     "order.late",
						     "order.exception",
						     "order.return",
						     "undelivered",
						     "time",
						     NULL };

const struct field_row *
field_row(enum rule_field f)
{
	size_t i;

	/* the table is in the order of the enum: test_field holds it so */
	if ((size_t)f < COUNT(rows) && rows[f].field == f)
		return &rows[f];
	for (i = 0; i < COUNT(rows); i++)
		if (rows[i].field == f)
			return &rows[i];
	return NULL;
}

const struct field_row *
field_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

const char *
rule_field_name(enum rule_field f)
{
	const struct field_row *row = field_row(f);

	return row != NULL ? row->name : "time";
}

const char *
field_kind_name(enum field_kind k)
{
	static const char *const names[] = { "text",     "word",  "number",
					     "duration", "money", "flag" };

	return names[k];
}

const char *
event_name(size_t i)
{
	return i < EVENT_NAMES ? events[i] : NULL;
}

unsigned
event_bit(const char *name)
{
	size_t i;

	for (i = 0; i < EVENT_NAMES; i++)
		if (strcmp(events[i], name) == 0)
			return 1U << i;
	return 0;
}

bool
field_is_language(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz");

	return (n == 2 || n == 3) && s[n] == '\0';
}

int
field_currency_digits(const char *currency)
{
	/* ISO 4217, those whose minor unit is not a hundredth */
	static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF "
				   "UGX UYI VND VUV XAF XOF XPF";
	static const char three[] = "BHD IQD JOD KWD LYD OMR TND";

	if (strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3 ||
	    currency[3] != '\0')
		return -1;
	if (strstr(none, currency) != NULL)
		return 0;
	return strstr(three, currency) != NULL ? 3 : 2;
}
