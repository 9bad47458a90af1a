#ifndef POSTIGO_FIELD_H
#define POSTIGO_FIELD_H

/*
 * field: every name that a condition may ask, in one table: the grammar, the
 * checker, a run, an explanation and the manual's test use it alone. The same
 * for events.
 */

#include <stdbool.h>
#include <stddef.h>

enum field_kind {
	FIELD_TEXT,     /* matches, contains */
	FIELD_WORD,     /* is */
	FIELD_NUMBER,   /* < <= = >= >, a count */
	FIELD_DURATION, /* the same, in seconds; written 4h, 7d */
	FIELD_MONEY,    /* the same, in minor units; written 100.00 EUR */
	FIELD_FLAG      /* alone */
};

enum rule_field {
	/* texts */
	RULE_FIELD_SENDER,        /* the customer's address */
	RULE_FIELD_SUBJECT,       /* of the message; else of the incident */
	RULE_FIELD_BODY,          /* the new text, without quotes */
	RULE_FIELD_HEADER,        /* header "X-Name": any of that name */
	RULE_FIELD_FILE_NAME,     /* any attachment's name */
	RULE_FIELD_FILE_TYPE,     /* any attachment's media type */
	RULE_FIELD_CUSTOMER_NAME, /* as known before the event */
	RULE_FIELD_PAGE,          /* address of the page a chat began on */
	RULE_FIELD_ORDER_NUMBER,  /* of the linked order, or the event's */
	/* words */
	RULE_FIELD_CHANNEL,      /* by which the incident came */
	RULE_FIELD_MAILBOX,      /* name of the connection it came by */
	RULE_FIELD_LANGUAGE,     /* of the incident: "es" */
	RULE_FIELD_QUEUE,        /* as the event left it, as all these */
	RULE_FIELD_TEAM,         /* of the incident's queue */
	RULE_FIELD_STATE,        /* "new", "open", "pending_customer", ... */
	RULE_FIELD_STATE_BEFORE, /* event state: before the change */
	RULE_FIELD_PRIORITY,     /* "low", ... */
	RULE_FIELD_REASON,       /* code of the contact reason */
	RULE_FIELD_POLICY,       /* name of the policy that holds */
	RULE_FIELD_TAG,          /* any of the incident's tags */
	RULE_FIELD_ASSIGNEE,     /* the agent's e-mail address */
	RULE_FIELD_AUTHOR,      /* who wrote or changed: customer, agent, bot */
	RULE_FIELD_ORDER_STATE, /* of the linked order, or the event's */
	RULE_FIELD_RETURN_STATE, /* event order.return: its step */
	RULE_FIELD_CLOCK,        /* clock events: which promise */
	RULE_FIELD_CAN_REPLY,    /* WhatsApp: free, template, no */
	/* numbers */
	RULE_FIELD_MESSAGES,           /* in the incident, this one too */
	RULE_FIELD_ATTACHMENTS,        /* of the message */
	RULE_FIELD_CUSTOMER_INCIDENTS, /* of the customer, this one too */
	RULE_FIELD_CUSTOMER_ORDERS,    /* of the customer */
	RULE_FIELD_ORDER_LINES,        /* of the order */
	/* durations, seconds of calendar time */
	RULE_FIELD_AGE,         /* since the incident was created */
	RULE_FIELD_WAITING,     /* since the customer's last unanswered word */
	RULE_FIELD_ORDER_AGE,   /* since the order was placed */
	RULE_FIELD_ORDER_DELAY, /* since the date promised for it passed */
	RULE_FIELD_CLOCK_LEFT,  /* until the breach; negative after it */
	/* money */
	RULE_FIELD_ORDER_TOTAL, /* of the order, with its currency */
	/* flags */
	RULE_FIELD_CUSTOMER_KNOWN, /* wrote or bought before this contact */
	RULE_FIELD_ASSIGNED,       /* the incident has an assignee */
	RULE_FIELD_ORDER_FOUND,    /* an order is linked */
	RULE_FIELD_ROBOT,          /* a program wrote the message */
	RULE_FIELD_COUNT
};

/* Events as bits of a mask. */
enum rule_event {
	EVENT_CONTACT = 1 << 0, /* the customer wrote: see field messages */
	EVENT_ANSWER = 1 << 1,  /* a human of the desk answered */
	EVENT_STATE = 1 << 2,   /* a human of the desk changed the state */
	EVENT_CLOCK_WARNING = 1 << 3,
	EVENT_CLOCK_BREACH = 1 << 4,
	EVENT_ORDER_CREATED = 1 << 5,
	EVENT_ORDER_PAID = 1 << 6,
	EVENT_ORDER_SHIPPED = 1 << 7,
	EVENT_ORDER_DELIVERED = 1 << 8,
	EVENT_ORDER_LATE = 1 << 9,
	EVENT_ORDER_EXCEPTION = 1 << 10,
	EVENT_ORDER_RETURN = 1 << 11,
	EVENT_UNDELIVERED = 1 << 12, /* an answer did not arrive, for good */
	EVENT_TIME = 1 << 13         /* "every ... at", "4h after ..." */
};
#define EVENT_NAMES 14
#define EVENT_CLOCKS (EVENT_CLOCK_WARNING | EVENT_CLOCK_BREACH)
#define EVENT_ORDERS                                                           \
	(EVENT_ORDER_CREATED | EVENT_ORDER_PAID | EVENT_ORDER_SHIPPED |        \
	 EVENT_ORDER_DELIVERED | EVENT_ORDER_LATE | EVENT_ORDER_EXCEPTION |    \
	 EVENT_ORDER_RETURN)
#define EVENT_MESSAGES (EVENT_CONTACT | EVENT_ANSWER)
#define EVENT_ALL ((1U << EVENT_NAMES) - 1)

/* Names of things that a word field may be: the book or the desk knows. */
enum field_thing {
	THING_NONE,
	THING_QUEUE,
	THING_TEAM,
	THING_POLICY
};

struct field_row {
	enum rule_field field;
	const char *name; /* as written: "customer.known" */
	enum field_kind kind;
	unsigned events; /* mask of rule_event: where it may be known */
	/* FIELD_WORD: all its words, NULL at the end; NULL: any */
	const char *const *words;
	bool quoted;            /* FIELD_WORD: a string, not a bare word */
	enum field_thing thing; /* of a quoted one: what it must be */
	const char *about;      /* a line for a person */
};

/* The row of a field. Static. */
const struct field_row *field_row(enum rule_field f);
/* The row of a name as written, or NULL. */
const struct field_row *field_find(const char *name);
/* "channel", "customer.known", ... Static; "time" for RULE_FIELD_COUNT. */
const char *rule_field_name(enum rule_field f);
/* "text", "word", ... Static. */
const char *field_kind_name(enum field_kind k);

/* "contact", ... of the i-th bit; NULL past the last. */
const char *event_name(size_t i);
/* The bit of an event's name, or 0. */
unsigned event_bit(const char *name);

/* Words; NULL at the end. */
extern const char *const field_channels[];
extern const char *const field_states[];
extern const char *const field_priorities[];
extern const char *const field_reasons[];
extern const char *const field_authors[];
extern const char *const field_can_reply[];
extern const char *const field_clocks[];
extern const char *const field_order_states[];
extern const char *const field_return_states[];

/* Is it "es", "pt", "ast": two or three small letters? */
bool field_is_language(const char *s);

/*
 * Minor digits of a currency (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD;
 * -1 if it is not three capital letters.
 */
int field_currency_digits(const char *currency);

#endif
