#include "daemon/facts.h"

#include <string.h>

#include "daemon/change.h"
#include "daemon/ordersay.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "daemon/store/orderfact.h"
#include "daemon/store/ruled.h"
#include "daemon/store/window.h"
#include "rules/book.h"

void
facts_begin(struct facts *x, const char *event, int64_t now_ms)
{
	memset(&x->f, 0, sizeof x->f);
	x->f.event = event;
	x->f.now_s = now_ms / 1000;
	x->now_ms = now_ms;
	x->assignee_id = 0;
	x->robot = false;
	x->held = json_array();
}

void
facts_release(struct facts *x)
{
	json_decref(x->held);
	x->held = NULL;
}

/* A copy that lives as long as the facts; NULL if it is no text. */
static const char *
facts_keep(struct facts *x, const char *value)
{
	json_t *j = json_string(value);

	if (j == NULL)
		return NULL;
	(void)json_array_append_new(x->held, j);
	return json_string_value(j);
}

void
facts_text(struct facts *x, enum rule_field field, const char *value)
{
	x->f.text[field] =
		value != NULL && *value != '\0' ? facts_keep(x, value) : NULL;
}

void
facts_number(struct facts *x, enum rule_field field, int64_t value)
{
	x->f.number[field] = value;
	x->f.has[field] = true;
}

void
facts_currency(struct facts *x, const char *currency)
{
	x->f.currency = facts_keep(x, currency);
}

static size_t
facts_pairs(struct rule_pair *out, size_t max, const json_t *list,
	    const char *name, const char *value)
{
	const json_t *j;
	size_t n = 0;
	size_t i;

	json_array_foreach(list, i, j)
	{
		const char *a = member_str(j, name);
		const char *b = member_str(j, value);

		if (n == max)
			break;
		out[n].name = a != NULL ? a : "";
		out[n++].value = b != NULL ? b : "";
	}
	return n;
}

void
facts_message(struct facts *x, const char *author, const char *body,
	      const json_t *headers, const json_t *files)
{
	x->f.text[RULE_FIELD_AUTHOR] = author;
	x->f.text[RULE_FIELD_BODY] = body;
	x->f.headers = x->headers;
	x->f.header_count = facts_pairs(x->headers, RULE_HEADERS_MAX, headers,
					"name", "value");
	x->f.files = x->files;
	x->f.file_count = facts_pairs(x->files, RULE_FILES_MAX, files,
				      "filename", "content_type");
	facts_number(x, RULE_FIELD_ATTACHMENTS,
		     (int64_t)json_array_size(files));
}

enum outcome
facts_customer(struct facts *x, struct store *s, int64_t customer_id, int own,
	       struct err *e)
{
	struct ruled_customer c;
	int64_t orders = 0;
	enum outcome o = ruled_customer(s, customer_id, &c, e);

	if (o == OUT_OK)
		o = order_count(s, customer_id, &orders, e);
	if (o == OUT_OK) {
		facts_text(x, RULE_FIELD_CUSTOMER_NAME, c.name);
		if (c.language != NULL && *c.language != '\0')
			facts_text(x, RULE_FIELD_LANGUAGE, c.language);
		facts_number(x, RULE_FIELD_CUSTOMER_INCIDENTS,
			     c.incidents + 1 - own);
		facts_number(x, RULE_FIELD_CUSTOMER_KNOWN,
			     c.incidents > own || orders > 0);
		facts_number(x, RULE_FIELD_CUSTOMER_ORDERS, orders);
	}
	ruled_customer_release(&c);
	return o;
}

/* The team of an incident: one that a rule gave it, else its queue's. */
static const char *
facts_team(const struct book *b, const struct incident *inc)
{
	const struct book_queue *q;

	if (*inc->team != '\0')
		return inc->team;
	q = book_queue(b, inc->queue);
	return q != NULL ? q->team : NULL;
}

static void
facts_words(struct facts *x, const struct book *b, const struct incident *inc)
{
	facts_text(x, RULE_FIELD_CHANNEL, inc->channel);
	facts_text(x, RULE_FIELD_QUEUE, inc->queue);
	facts_text(x, RULE_FIELD_TEAM, facts_team(b, inc));
	facts_text(x, RULE_FIELD_STATE, incident_state_name(inc->state));
	facts_text(x, RULE_FIELD_PRIORITY, inc->priority);
	facts_text(x, RULE_FIELD_REASON, inc->reason);
	facts_text(x, RULE_FIELD_POLICY, inc->policy);
	facts_number(x, RULE_FIELD_MESSAGES, inc->messages);
	facts_number(x, RULE_FIELD_ASSIGNED, inc->assignee_id != 0);
	facts_number(x, RULE_FIELD_AGE, (x->now_ms - inc->created_ms) / 1000);
	if (inc->due_ms != 0 && !x->f.has[RULE_FIELD_CLOCK_LEFT])
		facts_number(x, RULE_FIELD_CLOCK_LEFT,
			     (inc->due_ms - x->now_ms) / 1000);
	x->assignee_id = inc->assignee_id;
}

static enum outcome
facts_tags(struct facts *x, struct store *s, int64_t incident_id, struct err *e)
{
	json_t *list = NULL;
	const json_t *j;
	size_t i;
	enum outcome o = incident_tags(s, incident_id, &list, e);

	if (o != OUT_OK)
		return o;
	x->f.tags = x->tags;
	x->f.tag_count = 0;
	json_array_foreach(list, i, j) if (i < RULE_TAGS_MAX)
		x->tags[x->f.tag_count++] = json_string_value(j);
	(void)json_array_append_new(x->held, list);
	return OUT_OK;
}

/* What other rows say of it. */
static enum outcome
facts_beside(struct facts *x, struct store *s, const struct incident *inc,
	     struct err *e)
{
	struct ruled_incident r;
	enum outcome o = ruled_incident(s, inc->id, &r, e);

	if (o == OUT_OK) {
		if (x->f.text[RULE_FIELD_MAILBOX] == NULL)
			facts_text(x, RULE_FIELD_MAILBOX, r.connection);
		facts_text(x, RULE_FIELD_ASSIGNEE, r.assignee);
		if (x->f.text[RULE_FIELD_PAGE] == NULL)
			facts_text(x, RULE_FIELD_PAGE, r.page);
		if (x->f.text[RULE_FIELD_SENDER] == NULL)
			facts_text(x, RULE_FIELD_SENDER, r.sender);
		if (x->f.text[RULE_FIELD_SUBJECT] == NULL)
			facts_text(x, RULE_FIELD_SUBJECT, r.subject);
		if (x->f.text[RULE_FIELD_LANGUAGE] == NULL)
			facts_text(x, RULE_FIELD_LANGUAGE, r.language);
		x->robot = x->robot || r.robot;
	}
	ruled_incident_release(&r);
	return o;
}

enum outcome
facts_window(struct facts *x, struct store *s, int64_t connection_id,
	     int64_t customer_id, struct err *e)
{
	struct window w;
	enum outcome o =
		window_between(s, connection_id, customer_id, x->now_ms, &w, e);

	if (o == OUT_OK)
		facts_text(x, RULE_FIELD_CAN_REPLY, can_reply(w.can));
	return o;
}

enum outcome
facts_incident(struct facts *x, struct store *s, const struct book *b,
	       const struct incident *inc, struct err *e)
{
	int64_t owed_ms;
	enum outcome o;

	facts_words(x, b, inc);
	o = facts_customer(x, s, inc->customer_id, 1, e);
	if (inc->messages > 1)
		facts_number(x, RULE_FIELD_CUSTOMER_KNOWN, 1);
	if (o == OUT_OK)
		o = facts_beside(x, s, inc, e);
	if (o == OUT_OK && strcmp(inc->channel, "whatsapp") == 0)
		o = facts_window(x, s, inc->connection_id, inc->customer_id, e);
	if (o == OUT_OK)
		o = facts_tags(x, s, inc->id, e);
	if (o == OUT_OK && !x->f.has[RULE_FIELD_ORDER_FOUND])
		o = ordersay_linked(x, s, inc->id, e);
	if (o == OUT_OK)
		o = message_owed(s, inc->id, &owed_ms, e);
	if (o == OUT_OK && owed_ms != 0)
		facts_number(x, RULE_FIELD_WAITING,
			     (x->now_ms - owed_ms) / 1000);
	return o;
}

/* One field, as it may be kept; NULL: absent, or a text. */
static json_t *
facts_value(const struct facts *x, const struct field_row *row)
{
	const char *word = x->f.text[row->field];

	switch (row->kind) {
	case FIELD_TEXT:
		return NULL;
	case FIELD_WORD:
		/* an agent's address is an address */
		if (row->field == RULE_FIELD_ASSIGNEE)
			return x->assignee_id != 0
				       ? json_integer(x->assignee_id)
				       : NULL;
		return word != NULL ? json_string(word) : NULL;
	case FIELD_FLAG:
		return x->f.has[row->field]
			       ? json_boolean(x->f.number[row->field] != 0)
			       : NULL;
	case FIELD_NUMBER:
	case FIELD_DURATION:
	case FIELD_MONEY:
		break;
	}
	return x->f.has[row->field] ? json_integer(x->f.number[row->field])
				    : NULL;
}

json_t *
facts_json(const struct facts *x)
{
	json_t *out = json_object();
	json_t *tags;
	size_t i;

	for (i = 0; i < RULE_FIELD_COUNT; i++) {
		const struct field_row *row = field_row((enum rule_field)i);
		json_t *v = facts_value(x, row);

		if (v != NULL)
			(void)json_object_set_new(out, row->name, v);
	}
	if (x->f.tag_count == 0)
		return out;
	tags = json_array();
	for (i = 0; i < x->f.tag_count; i++)
		(void)json_array_append_new(tags, json_string(x->f.tags[i]));
	(void)json_object_set_new(out, rule_field_name(RULE_FIELD_TAG), tags);
	return out;
}
