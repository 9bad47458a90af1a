/*
 * postigo clock: the promises of an incident, and the receipt of one: where
 * its deadline comes from, stretch by stretch, in the calendar's own time.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "rules/calendar.h"
#include "rules/zone.h"

#define FROM_WIDTH 28 /* "  Mon 2026-03-30 09:00    - " */
#define TO_WIDTH 25
#define SUM_WIDTH 28 /* "open", what counts, the sum so far */

/* --- times as the calendar has them -------------------------------------------- */

/* Zones that were opened for one receipt; a name that the system does not
 * know is shown as UTC. */
struct zones {
	char name[2][64];
	struct zone *zone[2];
};

static void
zones_release(struct zones *z)
{
	zone_free(&z->zone[0]);
	zone_free(&z->zone[1]);
}

/* Two are kept: a clock rarely has more than one. */
static const struct zone *
zone_of(struct zones *z, const char *name)
{
	struct err e;
	size_t i;

	for (i = 0; i < 2; i++)
		if (strcmp(z->name[i], name) == 0)
			return z->zone[i];
	zone_free(&z->zone[1]);
	z->zone[1] = z->zone[0];
	(void)snprintf(z->name[1], sizeof z->name[1], "%s", z->name[0]);
	(void)snprintf(z->name[0], sizeof z->name[0], "%s", name);
	if (zone_open(name, &z->zone[0], &e) != OUT_OK)
		z->zone[0] = NULL;
	return z->zone[0];
}

struct local {
	int64_t day;     /* days since 1970-01-01 */
	char date[16];   /* "Mon 2026-03-30" has 14 */
	char time[16];   /* "09:00", or "09:00:05" */
	char offset[16]; /* "+02:00"; "UTC" without a zone */
};

static void
local_of(const struct zone *z, const char *iso, struct local *out)
{
	static const char *const names[] = { "Thu", "Fri", "Sat", "Sun",
					     "Mon", "Tue", "Wed" };
	int64_t at_ms = 0;
	int64_t until;
	int32_t offset = 0;
	int32_t size;
	char text[32];

	(void)clock_parse(iso, &at_ms);
	if (z != NULL)
		offset = zone_offset(z, at_ms / 1000, &until);
	size = offset < 0 ? -offset : offset;
	clock_iso_s(at_ms / 1000 + offset, text);
	out->day = (at_ms / 1000 + offset) / DAY_S;
	(void)snprintf(out->date, sizeof out->date, "%s %.10s",
		       names[out->day % 7], text);
	(void)snprintf(out->time, sizeof out->time, "%.*s",
		       strncmp(text + 17, "00", 2) == 0 ? 5 : 8, text + 11);
	(void)snprintf(out->offset, sizeof out->offset, "%c%02d:%02d",
		       offset < 0 ? '-' : '+', size / 3600 % 100,
		       size / 60 % 60);
	if (z == NULL)
		(void)snprintf(out->offset, sizeof out->offset, "UTC");
}

/* "8:05:00"; "8:05" where the seconds are none; "-0:10" */
static const char *
duration(long long s, char out[40])
{
	long long size = s < 0 ? -s : s;
	int n = snprintf(out, 40, "%s%lld:%02d", s < 0 ? "-" : "", size / 3600,
			 (int)(size / 60 % 60));

	if (size % 60 != 0)
		(void)snprintf(out + n, 40 - (size_t)n, ":%02d",
			       (int)(size % 60));
	return out;
}

/* --- what is printed -------------------------------------------------------------- */

struct print {
	const struct ctl *c;
	const json_t *r; /* the receipt */
	struct zones zones;
};

static void
put_clean(const char *s)
{
	char *clean = ctl_clean(s);

	(void)fputs(clean, stdout);
	mem_free(clean);
}

static void
put_quoted(const char *s)
{
	(void)putchar('"');
	put_clean(s);
	(void)putchar('"');
}

static const json_t *
span_of(const struct print *p, long long number)
{
	return json_array_get(json_object_get(p->r, "spans"), (size_t)number);
}

/* The last span's zone is that of everything but the stretches. */
static const struct zone *
own_zone(struct print *p)
{
	const json_t *spans = json_object_get(p->r, "spans");
	const json_t *last = json_array_get(spans, json_array_size(spans) - 1);

	return zone_of(&p->zones, ctl_str(last, "zone"));
}

static void
put_instant(struct print *p, const char *iso)
{
	struct local at;

	local_of(own_zone(p), iso, &at);
	(void)printf("%s %s %s", at.date, at.time, at.offset);
}

static void
put_promise(const json_t *span)
{
	char text[40];

	if (json_is_integer(json_object_get(span, "days")))
		(void)printf("%lld working days", ctl_int(span, "days"));
	else
		(void)printf("%s h", duration(ctl_int(span, "budget_s"), text));
	if (ctl_str(span, "calendar")[0] != '\0') {
		(void)printf(" of ");
		put_quoted(ctl_str(span, "calendar"));
		(void)printf(" (%s)", ctl_str(span, "zone"));
	}
	(void)printf(", policy ");
	put_quoted(ctl_str(span, "policy"));
	(void)printf(", version %lld of the desk book",
		     ctl_int(span, "book_version"));
}

static void
put_label(const char *label)
{
	(void)printf("  %-10s", label);
}

static void
put_head(struct print *p)
{
	const json_t *clock = json_object_get(p->r, "clock");
	const char *due = ctl_str(clock, "due_at");
	const char *rule = ctl_str(p->r, "rule");

	(void)printf("%sP-%lld, %s: due ", p->c->color ? "\033[1m" : "",
		     ctl_int(p->r, "incident"), ctl_str(clock, "name"));
	if (due[0] != '\0')
		put_instant(p, due);
	else
		(void)printf("never");
	if (json_is_true(json_object_get(clock, "paused")))
		(void)printf(" if it had not stopped");
	(void)printf("%s\n", p->c->color ? "\033[0m" : "");
	put_label("promised");
	put_promise(span_of(p, 0));
	(void)putchar('\n');
	put_label("because");
	if (rule[0] != '\0') {
		(void)printf("rule ");
		put_quoted(rule);
		(void)printf(" says so\n");
	} else {
		(void)printf("the policy is that of the channel\n");
	}
	put_label("started");
	put_instant(p, ctl_str(clock, "start_at"));
	(void)printf("\n\n");
}

static void
put_step(struct print *p, const json_t *step, long long used)
{
	const json_t *span = span_of(p, ctl_int(step, "span"));
	const struct zone *z = zone_of(&p->zones, ctl_str(span, "zone"));
	const char *kind = ctl_str(step, "kind");
	struct local from;
	struct local to;
	char text[40];
	int n;

	local_of(z, ctl_str(step, "from"), &from);
	local_of(z, ctl_str(step, "to"), &to);
	(void)printf("  %s ", from.date);
	if (to.day == from.day + 1 && strcmp(from.time, "00:00") == 0 &&
	    strcmp(to.time, "00:00") == 0)
		n = printf("%-11s", "all day") - 11;
	else if (to.day == from.day)
		n = printf("%-8s - %s", from.time, to.time) - 11;
	else
		n = printf("%-8s - %s %s", from.time, to.date, to.time) - 11;
	(void)printf("%*s%s", TO_WIDTH - n, "", kind);
	if (strcmp(kind, "open") == 0) {
		(void)printf("%12s",
			     duration(ctl_int(step, "counted_s"), text));
		(void)printf("%12s", duration(used, text));
	} else if (strcmp(kind, "paused") == 0) {
		(void)printf(": %s", ctl_str(step, "cause"));
	}
	(void)putchar('\n');
}

/* A line where another version, calendar or length holds from. */
static void
put_change(struct print *p, const json_t *step, long long span)
{
	struct local at;

	local_of(zone_of(&p->zones, ctl_str(span_of(p, span), "zone")),
		 ctl_str(step, "from"), &at);
	(void)printf("  %s %-8s   from here on ", at.date, at.time);
	put_promise(span_of(p, span));
	(void)putchar('\n');
}

static void
put_steps(struct print *p)
{
	const json_t *step;
	long long used = 0;
	long long span = 0;
	char text[40];
	size_t i;

	json_array_foreach(json_object_get(p->r, "steps"), i, step)
	{
		if (ctl_int(step, "span") != span) {
			span = ctl_int(step, "span");
			put_change(p, step, span);
		}
		used += ctl_int(step, "counted_s");
		put_step(p, step, used);
	}
	if (json_is_true(json_object_get(p->r, "cut")))
		(void)printf("  ... and more\n");
	(void)printf("%*s  in all\n\n", FROM_WIDTH + TO_WIDTH + SUM_WIDTH,
		     duration(used, text));
}

/* --- how it went ---------------------------------------------------------------------- */

static void
put_left(const struct print *p)
{
	const json_t *left = json_object_get(p->r, "left_s");
	long long n = json_integer_value(left);
	char text[40];

	if (!json_is_integer(left))
		return;
	if (n >= 0)
		(void)printf(", %s h left", duration(n, text));
	else
		(void)printf(", %s h over", duration(-n, text));
}

static void
put_state(struct print *p)
{
	const json_t *clock = json_object_get(p->r, "clock");
	const char *state = ctl_str(clock, "state");
	char text[40];

	put_label(strcmp(state, "fulfilled") == 0   ? "answered"
		  : strcmp(state, "cancelled") == 0 ? "ended"
						    : "now");
	if (ctl_str(clock, "ended_at")[0] != '\0') {
		put_instant(p, ctl_str(clock, "ended_at"));
		(void)printf(" (%s), ", ctl_str(clock, "cause"));
	}
	(void)printf("%s h used", duration(ctl_int(p->r, "used_s"), text));
	put_left(p);
	if (json_is_true(json_object_get(clock, "paused")))
		(void)printf(", and it stands still");
	(void)putchar('\n');
	if (ctl_int(p->r, "paused_s") > 0) {
		put_label("paused");
		(void)printf("%s h of the day's own time\n",
			     duration(ctl_int(p->r, "paused_s"), text));
	}
}

static void
put_warnings(struct print *p)
{
	const json_t *w;
	size_t i;

	json_array_foreach(json_object_get(p->r, "warnings"), i, w)
	{
		put_label(ctl_str(w, "kind")[0] == 'w' ? "warning"
						       : "escalates");
		put_instant(p, ctl_str(w, "at"));
		(void)printf(ctl_str(w, "done_at")[0] != '\0' ? ", done\n"
							      : ", to come\n");
	}
}

static void
put_breach(const json_t *breach)
{
	char text[40];

	if (!json_is_object(breach))
		return;
	put_label("broken");
	(void)printf("%s", ctl_str(breach, "cause")[0] != '\0'
				   ? ctl_str(breach, "cause")
				   : "cause not known");
	if (json_is_object(json_object_get(breach, "said_by"))) {
		(void)printf(", as ");
		put_clean(ctl_str(json_object_get(breach, "said_by"), "name"));
		(void)printf(" says");
	} else if (ctl_int(breach, "cause_s") > 0) {
		(void)printf(" for %s h",
			     duration(ctl_int(breach, "cause_s"), text));
	}
	if (json_is_object(json_object_get(breach, "cause_agent"))) {
		(void)printf(" (");
		put_clean(ctl_str(json_object_get(breach, "cause_agent"),
				  "name"));
		(void)printf(")");
	}
	(void)putchar('\n');
}

int
verb_clock_explain(struct ctl *c, const struct ctl_args *a)
{
	struct print p = { .c = c };
	json_t *result = NULL;
	long long id;
	int code;

	if (!ctl_number(a->word[0], "ID", 1, 1LL << 50, &id))
		return EXIT_USAGE;
	code = ctl_ask_id(c, "clock.explain", id, &result);
	if (code != EXIT_FINE)
		return code;
	if (c->json) {
		code = ctl_print_json(result);
	} else {
		p.r = result;
		put_head(&p);
		put_steps(&p);
		put_state(&p);
		put_warnings(&p);
		put_breach(json_object_get(result, "breach"));
		put_label("zone data");
		(void)printf("%s\n", ctl_str(result, "tzdata")[0] != '\0'
					     ? ctl_str(result, "tzdata")
					     : "of an unknown edition");
		zones_release(&p.zones);
	}
	json_decref(result);
	return code;
}

/* --- list -------------------------------------------------------------------------------- */

static void
list_clock(struct table *t, const json_t *clock)
{
	char text[40];

	table_add_number(t, ctl_int(clock, "id"));
	table_add(t, ctl_str(clock, "name"));
	table_add(t, ctl_str(clock, "state"));
	table_add(t, ctl_str(clock, "policy"));
	if (ctl_int(clock, "days") > 0)
		(void)snprintf(text, sizeof text, "%lld days",
			       ctl_int(clock, "days"));
	else
		(void)duration(ctl_int(clock, "budget_s"), text);
	table_add(t, text);
	table_add(t, ctl_str(clock, "start_at"));
	table_add(t, ctl_str(clock, "due_at"));
	table_add(t, ctl_str(clock, "ended_at"));
	table_add(t, json_is_true(json_object_get(clock, "breached")) ? "broken"
		     : json_is_true(json_object_get(clock, "paused"))
			     ? "paused"
			     : ctl_str(clock, "cause"));
}

int
verb_clock_list(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "ID",     "PROMISE", "STATE",
						"POLICY", "LENGTH",  "START",
						"DUE",    "END",     "HOW",
						NULL };
	const json_t *detail;
	json_t *result = NULL;
	long long id;
	int code;

	if (!ctl_incident_id(a->word[0], &id))
		return EXIT_USAGE;
	code = ctl_ask_id(c, "incident.get", id, &result);
	if (code != EXIT_FINE)
		return code;
	detail = json_object_get(result, "detail");
	code = table_list(c, headings, json_object_get(detail, "clocks"),
			  list_clock);
	json_decref(result);
	return code;
}
