#include "daemon/replay.h"

#include <string.h>
#include <strings.h>

static void
number(struct rule_facts *f, enum rule_field field, int64_t n)
{
	f->number[field] = n;
	f->has[field] = true;
}

/* What the rows say. */
static void
from_rows(const struct past *p, struct replay *r)
{
	struct rule_facts *f = &r->facts;
	bool known = p->incidents > 1 || p->number > 1;

	f->text[RULE_FIELD_SENDER] = p->address;
	f->text[RULE_FIELD_SUBJECT] = p->subject;
	f->text[RULE_FIELD_BODY] =
		p->reply_text != NULL ? p->reply_text : p->text;
	f->text[RULE_FIELD_PAGE] = p->page;
	f->text[RULE_FIELD_CHANNEL] = p->channel;
	f->text[RULE_FIELD_MAILBOX] = p->connection;
	f->text[RULE_FIELD_LANGUAGE] = p->language;
	f->text[RULE_FIELD_AUTHOR] = p->author;
	if (p->name[0] != '\0')
		f->text[RULE_FIELD_CUSTOMER_NAME] = p->name;
	for (size_t i = 0; i < p->file_count && i < RULE_FILES_MAX; i++)
		r->files[i] = (struct rule_pair){ p->files[i].name,
						  p->files[i].type };
	f->files = r->files;
	f->file_count =
		p->file_count < RULE_FILES_MAX ? p->file_count : RULE_FILES_MAX;
	number(f, RULE_FIELD_MESSAGES, p->number);
	number(f, RULE_FIELD_ATTACHMENTS, (int64_t)p->file_count);
	number(f, RULE_FIELD_CUSTOMER_INCIDENTS, p->incidents);
	number(f, RULE_FIELD_CUSTOMER_KNOWN, known);
	number(f, RULE_FIELD_ROBOT, p->robot);
	f->now_s = p->committed_ms / 1000;
}

/* What every new incident is. */
static void
from_first(const struct past *p, struct rule_facts *f)
{
	f->text[RULE_FIELD_STATE] = "new";
	number(f, RULE_FIELD_ASSIGNED, 0);
	number(f, RULE_FIELD_AGE, 0);
	number(f, RULE_FIELD_WAITING,
	       (p->committed_ms - p->received_ms) / 1000);
}

/* The incident is as it is now, where the event does not say how it was. */
static void
from_later(const struct past *p, struct rule_facts *f)
{
	f->text[RULE_FIELD_QUEUE] = p->queue;
	f->text[RULE_FIELD_PRIORITY] = p->priority;
	f->text[RULE_FIELD_REASON] = p->reason;
	if (p->policy[0] != '\0')
		f->text[RULE_FIELD_POLICY] = p->policy;
}

static void
note_tags(struct replay *r, const json_t *list)
{
	const json_t *x;
	size_t i;

	r->facts.tags = r->tags;
	r->facts.tag_count = 0;
	json_array_foreach(list, i, x) if (json_is_string(x) &&
					   r->facts.tag_count < RULE_TAGS_MAX)
		r->tags[r->facts.tag_count++] = json_string_value(x);
}

/* What was known was noted, but texts. */
static void
only_texts(struct rule_facts *f)
{
	for (int i = 0; i < RULE_FIELD_COUNT; i++) {
		const struct field_row *row = field_row((enum rule_field)i);

		if (row == NULL || row->kind == FIELD_TEXT)
			continue;
		f->text[i] = NULL;
		f->has[i] = false;
	}
	f->tag_count = 0;
}

/* What was noted when the rules ran. */
static void
from_event(const json_t *noted, struct replay *r)
{
	struct rule_facts *f = &r->facts;
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)noted, key, v)
	{
		const struct field_row *row = field_find(key);

		if (row == NULL)
			continue;
		if (row->field == RULE_FIELD_TAG)
			note_tags(r, v);
		else if (json_is_string(v))
			f->text[row->field] = json_string_value(v);
		else if (json_is_boolean(v))
			number(f, row->field, json_is_true(v));
		else if (json_is_integer(v) && row->kind != FIELD_WORD)
			number(f, row->field, json_integer_value(v));
	}
}

void
replay_facts(const struct past *p, const char *on, const json_t *noted,
	     struct replay *out)
{
	memset(out, 0, sizeof *out);
	if (on == NULL)
		on = p->number == 1 || strcmp(p->author, "customer") == 0
			     ? "contact"
			     : "answer";
	out->facts.event = on;
	from_rows(p, out);
	if (strcmp(on, "contact") == 0 && p->number == 1)
		from_first(p, &out->facts);
	else
		from_later(p, &out->facts);
	if (strcmp(on, "contact") != 0 && strcmp(on, "answer") != 0)
		out->facts.text[RULE_FIELD_BODY] = NULL;
	if (json_is_object(noted)) {
		only_texts(&out->facts);
		from_event(noted, out);
	}
}

int64_t
replay_assignee(const json_t *noted)
{
	return json_integer_value(
		json_object_get(noted, rule_field_name(RULE_FIELD_ASSIGNEE)));
}

void
replay_headers(struct replay *r, const json_t *headers)
{
	const json_t *x;
	size_t i;

	r->facts.headers = r->headers;
	r->facts.header_count = 0;
	json_array_foreach(headers, i, x)
	{
		const char *name =
			json_string_value(json_object_get(x, "name"));
		const char *value =
			json_string_value(json_object_get(x, "value"));

		if (name != NULL && value != NULL && i < RULE_HEADERS_MAX)
			r->headers[r->facts.header_count++] =
				(struct rule_pair){ name, value };
	}
}

const char *
replay_text(const struct rule_facts *f, enum rule_field field, const char *name)
{
	size_t i;

	if (field >= RULE_FIELD_COUNT)
		return NULL;
	if (field == RULE_FIELD_HEADER) {
		for (i = 0; name != NULL && i < f->header_count; i++)
			if (strcasecmp(f->headers[i].name, name) == 0)
				return f->headers[i].value;
		return NULL;
	}
	if (field != RULE_FIELD_FILE_NAME && field != RULE_FIELD_FILE_TYPE)
		return f->text[field];
	for (i = 0; name != NULL && i < f->file_count; i++)
		if (strcmp(f->files[i].name, name) == 0)
			return field == RULE_FIELD_FILE_NAME
				       ? f->files[i].name
				       : f->files[i].value;
	return NULL;
}
