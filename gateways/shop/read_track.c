#include "gateways/shop/read_track.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/common/scan.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"
#include "rules/zone.h"

#define DEPTH_MAX 32
#define DATE 10 /* octets of "2026-06-06" */
#define DAY_END "T23:59:59"

struct status {
	const char *tag;
	const char *neutral;
};

static const struct status statuses[] = {
	{ "Pending", "pending" },
	{ "InfoReceived", "pending" },
	{ "InTransit", "in_transit" },
	{ "OutForDelivery", "out_for_delivery" },
	{ "AvailableForPickup", "available_for_pickup" },
	{ "AttemptFail", "attempt_failed" },
	{ "Delivered", "delivered" },
	{ "Exception", "exception" },
	{ "Expired", "expired" },
};

/* NULL: a tag that nobody knows. */
static const char *
neutral(const char *tag)
{
	for (size_t i = 0;
	     tag != NULL && i < sizeof statuses / sizeof statuses[0]; i++)
		if (strcmp(statuses[i].tag, tag) == 0)
			return statuses[i].neutral;
	return NULL;
}

static void
set_status(json_t *to, const json_t *from)
{
	const char *status = neutral(take_str(from, "tag"));

	take_set(to, "status",
		 json_string(status != NULL ? status : "unknown"));
	take_set(to, "status_raw", take_one(from, "tag", TAKE_LINE));
	if (status != NULL)
		take_set(to, "status_raw", take_one(from, "subtag", TAKE_LINE));
}

/* A day means its end: a promise is kept until then. */
static json_t *
estimated(const json_t *msg, const struct zone *zone)
{
	const char *s = take_str(msg, "expected_delivery");
	json_t *day = json_object();
	json_t *out;
	char *end;

	if (s == NULL)
		s = take_str(take_object(msg, "latest_estimated_delivery"),
			     "datetime");
	if (s != NULL) {
		end = mem_printf("%s%s", s, strlen(s) == DATE ? DAY_END : "");
		(void)json_object_set_new(day, "at", json_string(end));
		mem_free(end);
	}
	out = when_take(day, "at", zone);
	json_decref(day);
	return out;
}

/* "Madrid, ESP", of what is known of a place. */
static json_t *
place(const json_t *from)
{
	const char *city = take_str(from, "city");
	const char *country = take_str(from, "country_iso3");
	json_t *made = json_object();
	json_t *out;
	char *s;

	if (city == NULL)
		city = take_str(from, "location");
	s = mem_printf("%s%s%s", city != NULL ? city : "",
		       city != NULL && country != NULL ? ", " : "",
		       country != NULL ? country : "");
	(void)json_object_set_new(made, "place", json_string(s));
	mem_free(s);
	out = take_one(made, "place", TAKE_LINE);
	json_decref(made);
	return out;
}

static json_t *
checkpoint(const json_t *from, const struct zone *zone)
{
	const char *status = neutral(take_str(from, "tag"));
	json_t *at = when_take(from, "checkpoint_time", zone);
	json_t *to;

	if (at == NULL)
		return NULL;
	to = json_pack("{s:o, s:s}", "at", at, "status",
		       status != NULL ? status : "unknown");
	take_set(to, "text", take_one(from, "message", TAKE_LINE));
	if (json_object_get(to, "text") == NULL)
		take_set(to, "text",
			 take_one(from, "subtag_message", TAKE_LINE));
	take_set(to, "place", place(from));
	return to;
}

/* A checkpoint while they are sorted. */
struct made {
	json_t *v;
};

static int
by_time(const void *a, const void *b)
{
	const struct made *x = a;
	const struct made *y = b;

	return strcmp(json_string_value(json_object_get(x->v, "at")),
		      json_string_value(json_object_get(y->v, "at")));
}

/* The oldest first; of too many the newest ones. */
static json_t *
checkpoints(const json_t *msg, const struct zone *zone)
{
	json_t *rows = take_rows(msg, "checkpoints");
	struct made *made = mem_new(json_array_size(rows) + 1, sizeof *made);
	json_t *to = json_array();
	json_t *row;
	size_t n = 0;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		made[n].v = checkpoint(row, zone);
		if (made[n].v != NULL)
			n++;
	}
	if (n > 0)
		qsort(made, n, sizeof *made, by_time);
	for (i = 0; i < n; i++)
		if (i + TRACK_CHECKPOINTS_MAX < n)
			json_decref(made[i].v);
		else
			(void)json_array_append_new(to, made[i].v);
	mem_free(made);
	json_decref(rows);
	return to;
}

/* Does a time say itself where its clock is? */
static bool
has_zone(const char *s)
{
	size_t n = strlen(s);

	return n > DATE && (s[n - 1] == 'Z' || s[n - 1] == 'z' ||
			    strpbrk(s + DATE, "+-") != NULL);
}

/* Since when the parcel is what it is: the newest checkpoint that knows its
 * own instant; else when the service says that it changed. */
static json_t *
status_at(const json_t *msg)
{
	json_t *rows = take_rows(msg, "checkpoints");
	int64_t newest = -1;
	char text[32];
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *s = take_str(row, "checkpoint_time");
		int64_t t;

		if (s != NULL && has_zone(s) && when_read(s, NULL, &t) &&
		    t > newest)
			newest = t;
	}
	json_decref(rows);
	if (newest < 0)
		return when_take(msg, "updated_at", NULL);
	clock_iso_s(newest, text);
	return json_string(text);
}

static json_t *
shipment(const json_t *msg, const struct zone *zone)
{
	static const struct take table[] = {
		{ "tracking_number", TAKE_NUMBER, NULL },
		{ "slug", TAKE_LINE, "carrier" },
		{ "order_number", TAKE_NUMBER, NULL },
		{ NULL, TAKE_LINE, NULL },
	};
	json_t *to = json_object();

	take_all(to, msg, table);
	set_status(to, msg);
	take_set(to, "status_at", status_at(msg));
	take_set(to, "updated_at", when_take(msg, "updated_at", NULL));
	take_set(to, "estimated_at", estimated(msg, zone));
	if (strcmp(take_str(to, "status"), "delivered") == 0)
		take_set(to, "delivered_at",
			 when_take(msg, "shipment_delivery_date", zone));
	take_set(to, "checkpoints", checkpoints(msg, zone));
	return to;
}

static json_t *
fact(const json_t *tree, const struct zone *zone)
{
	const json_t *msg = take_object(tree, "msg");
	json_t *out;

	if (take_str(msg, "tag") == NULL)
		return json_pack("{s:s, s:s}", "kind", "nothing", "why",
				 "no news of where a parcel is");
	out = json_pack("{s:s, s:o}", "kind", "shipment", "shipment",
			shipment(msg, zone));
	take_set(out, "event_id", take_one(tree, "event_id", TAKE_ID));
	return out;
}

enum outcome
read_track(const struct read_about *about, const char *body, size_t n,
	   json_t **facts_out, struct err *e)
{
	struct zone *zone;
	json_t *number;
	json_t *tree;
	enum outcome o;

	*facts_out = NULL;
	o = scan_json_text(body, n, DEPTH_MAX, &tree, e);
	if (o != OUT_OK)
		return o;
	number = take_one(json_object_get(tree, "msg"), "tracking_number",
			  TAKE_NUMBER);
	if (number == NULL) {
		json_decref(tree);
		return err_set(e, OUT_PERM, "msg has no tracking_number");
	}
	json_decref(number);
	zone = when_zone(about->zone);
	*facts_out = json_array();
	(void)json_array_append_new(*facts_out, fact(tree, zone));
	zone_free(&zone);
	json_decref(tree);
	return OUT_OK;
}
