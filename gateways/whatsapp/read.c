#include "gateways/whatsapp/read.h"

#include <stdio.h>
#include <string.h>

#include "gateways/common/scan.h"
#include "gateways/whatsapp/read_inner.h"
#include "gateways/whatsapp/read_take.h"

#define PLACE_MAX 96 /* octets of the name of a place */

static void
refuse(struct reading *r, const char *where, const char *why)
{
	r->count++;
	(void)json_array_append_new(r->refused, json_pack("{s:s, s:s}", "where",
							  where, "why", why));
}

void
reading_refuse(struct reading *r, const char *list, size_t i, const char *why)
{
	char where[PLACE_MAX];

	if (i == READ_WHOLE)
		(void)snprintf(where, sizeof where,
			       "entry[%zu].changes[%zu].%s", r->entry,
			       r->change, list);
	else
		(void)snprintf(where, sizeof where,
			       "entry[%zu].changes[%zu].%s[%zu]", r->entry,
			       r->change, list, i);
	if (reading_room(r))
		refuse(r, where, why);
}

bool
reading_room(struct reading *r)
{
	if (r->count == WA_FACTS_MAX)
		refuse(r, "the rest", "more in one body than is read");
	return r->count < WA_FACTS_MAX;
}

json_t *
reading_fact(const struct reading *r, const json_t *o)
{
	json_t *fact = json_object();

	if (r->phone != NULL)
		take_set(fact, "phone_number_id", json_string(r->phone));
	take_set(fact, "timestamp", take_time(o, "timestamp"));
	return fact;
}

/* Each of an array of the value; anything but an array is refused. */
static void
each(struct reading *r, const char *name,
     void (*one)(struct reading *, size_t, const json_t *))
{
	const json_t *list = json_object_get(r->value, name);
	const json_t *o;
	size_t i;

	if (list == NULL || json_is_null(list))
		return;
	if (!json_is_array(list)) {
		reading_refuse(r, name, READ_WHOLE, "is no array");
		return;
	}
	json_array_foreach(list, i, o)
	{
		if (!reading_room(r))
			return;
		if (!json_is_object(o))
			reading_refuse(r, name, i, "is no object");
		else if (r->phone == NULL)
			reading_refuse(r, name, i, "no phone_number_id");
		else
			one(r, i, o);
	}
}

static void
account_error(struct reading *r, size_t i, const json_t *o)
{
	json_t *fact = reading_fact(r, NULL);

	if (read_error(o, fact)) {
		r->count++;
		(void)json_array_append_new(r->errors, fact);
	} else {
		json_decref(fact);
		reading_refuse(r, "errors", i, "an error without a code");
	}
}

/* A change: what its field says decides, not what its value holds. */
static void
change(struct reading *r, const json_t *o)
{
	const json_t *about;
	const char *field = take_id(o, "field");

	r->value = take_object(o, "value");
	if (field == NULL || r->value == NULL) {
		reading_refuse(r, field == NULL ? "field" : "value", READ_WHOLE,
			       "is not there");
		return;
	}
	about = take_object(r->value, "metadata");
	r->phone = take_id(about, "phone_number_id");
	r->display = take_id(about, "display_phone_number");
	if (strcmp(field, "messages") == 0) {
		read_people(r);
		each(r, "messages", read_message);
		each(r, "statuses", read_status);
		each(r, "errors", account_error);
	} else if (strcmp(field, "smb_message_echoes") == 0) {
		each(r, "message_echoes", read_echo);
	} else if (reading_room(r)) {
		read_event(r, field);
	}
}

static void
entry(struct reading *r, const json_t *o)
{
	const json_t *changes = take_array(o, "changes");
	const json_t *c;
	char where[PLACE_MAX];

	if (changes == NULL) {
		(void)snprintf(where, sizeof where, "entry[%zu]", r->entry);
		if (reading_room(r))
			refuse(r, where, "no array of changes");
		return;
	}
	r->waba = take_id(o, "id");
	r->at = json_object_get(o, "time");
	json_array_foreach(changes, r->change, c) change(r, c);
}

static json_t *
list(json_t *facts, const char *name)
{
	json_t *a = json_array();

	(void)json_object_set_new(facts, name, a);
	return a;
}

/* What a body is not an account's: it has no facts. */
static void
walk(struct reading *r, const json_t *top)
{
	const char *what = json_string_value(json_object_get(top, "object"));
	const json_t *entries = json_object_get(top, "entry");
	const json_t *o;

	if (what == NULL || strcmp(what, "whatsapp_business_account") != 0)
		return;
	if (!json_is_array(entries)) {
		refuse(r, "entry", "is no array");
		return;
	}
	json_array_foreach(entries, r->entry, o) entry(r, o);
}

enum outcome
wa_read(const char *body, size_t n, json_t **facts_out, struct err *e)
{
	struct reading r = { .count = 0 };
	json_t *top;
	enum outcome o = scan_json(body, n, WA_DEPTH_MAX, &top, e);

	*facts_out = NULL;
	if (o != OUT_OK)
		return o;
	if (!json_is_object(top)) {
		json_decref(top);
		return err_set(e, OUT_PERM, "the body is no object");
	}
	*facts_out = json_object();
	r.messages = list(*facts_out, "messages");
	r.own = list(*facts_out, "own");
	r.statuses = list(*facts_out, "statuses");
	r.echoes = list(*facts_out, "echoes");
	r.events = list(*facts_out, "events");
	r.errors = list(*facts_out, "errors");
	r.refused = list(*facts_out, "refused");
	r.seen = json_object();
	r.people = json_object();
	walk(&r, top);
	json_decref(r.seen);
	json_decref(r.people);
	json_decref(top);
	return OUT_OK;
}
