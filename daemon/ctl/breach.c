/*
 * postigo breach list: the ledger of broken promises, with their causes.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/ctl/ctl.h"

#define PAGE 500
#define SINCE "30d"

const struct ctl_option breach_list_options[] = {
	{ "--since", "WHEN", "deadlines from then on; by default 30d" },
	{ "--until", "WHEN", "and before then; by default now" },
	{ "--cause", "CAUSE", "nobody_assigned, unopened, ..." },
	{ "--clock", "NAME", "first_response, resolution, ..." },
	{ "--policy", "NAME", "of this policy" },
	{ "--channel", "CHANNEL", "of this channel" },
	{ "--queue", "NAME", "in this queue at the deadline" },
	{ "--team", "NAME", "of this team at the deadline" },
	{ "--agent", "ID", "of whoever had it at the deadline" },
	{ "--reason", "REASON", "with this contact reason" },
	{ "--limit", "N", "at most so many" },
	{ NULL, NULL, NULL },
};

/* false: a line is on standard error */
static bool
list_span(const struct ctl_args *a, json_t *params)
{
	const char *since = ctl_arg(a, "--since");
	const char *until = ctl_arg(a, "--until");
	char iso[32];

	if (!ctl_instant(since != NULL ? since : SINCE, "--since", iso))
		return false;
	(void)json_object_set_new(params, "since", json_string(iso));
	clock_iso_ms(clock_now_ms(), iso);
	if (until != NULL && !ctl_instant(until, "--until", iso))
		return false;
	(void)json_object_set_new(params, "until", json_string(iso));
	return true;
}

/* NULL: a line is on standard error */
static json_t *
list_params(const struct ctl_args *a)
{
	static const char *const names[] = { "--cause",   "--clock", "--policy",
					     "--channel", "--queue", "--team",
					     "--reason" };
	const char *agent = ctl_arg(a, "--agent");
	json_t *params = json_object();
	long long id;
	size_t i;

	if (!list_span(a, params) ||
	    (agent != NULL &&
	     !ctl_number(agent, "--agent", 1, 1LL << 50, &id))) {
		json_decref(params);
		return NULL;
	}
	if (agent != NULL)
		(void)json_object_set_new(params, "agent", json_integer(id));
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (ctl_arg(a, names[i]) != NULL)
			(void)json_object_set_new(
				params, names[i] + 2,
				json_string(ctl_arg(a, names[i])));
	return params;
}

/* "2:05"; over: "" of a clock that still runs */
static void
add_hours(struct table *t, const json_t *seconds)
{
	char text[40] = "";
	long long s = json_integer_value(seconds);

	if (json_is_integer(seconds))
		(void)snprintf(text, sizeof text, "%lld:%02d", s / 3600,
			       (int)(s / 60 % 60));
	table_add(t, text);
}

static void
list_row(struct table *t, const json_t *b)
{
	char clock[32];

	(void)snprintf(clock, sizeof clock, "%lld", ctl_int(b, "clock"));
	table_add(t, ctl_str(b, "at"));
	table_add(t, ctl_str(b, "ref"));
	table_add(t, clock);
	table_add(t, ctl_str(b, "name"));
	table_add(t, ctl_str(b, "cause"));
	add_hours(t, json_object_get(b, "cause_s"));
	add_hours(t, json_object_get(b, "over_s"));
	table_add(t, ctl_str(json_object_get(b, "agent"), "name"));
	table_add(t, ctl_str(b, "queue"));
	table_add(t, ctl_str(b, "customer"));
}

static void
print_counts(struct ctl *c, const json_t *result)
{
	static const char *const headings[] = { "CAUSE", "BREACHES", "HOURS",
						NULL };
	struct table *t = table_new(headings);
	char count[32];
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(result, "causes"), i, x)
	{
		(void)snprintf(count, sizeof count, "%lld",
			       ctl_int(x, "count"));
		table_add(t, ctl_str(x, "cause")[0] != '\0'
				     ? ctl_str(x, "cause")
				     : "not known");
		table_add(t, count);
		add_hours(t, json_object_get(x, "seconds"));
	}
	table_print(c, &t);
	(void)putchar('\n');
}

/* Pages until there are no more, or the limit is reached. */
static int
list_pages(struct ctl *c, json_t *params, long long limit, struct table *t)
{
	json_t *result = NULL;
	bool first = true;
	int code = EXIT_FINE;
	int page;

	for (page = 0; page < CTL_PAGES_MAX && code == EXIT_FINE && limit > 0;
	     page++) {
		const json_t *x;
		size_t i;

		(void)json_object_set_new(
			params, "limit",
			json_integer(limit < PAGE ? limit : PAGE));
		code = ctl_ask(c, "breach.list", json_incref(params),
			       CTL_ASK_MS, &result);
		if (code != EXIT_FINE)
			break;
		if (first && !c->json)
			print_counts(c, result);
		first = false;
		json_array_foreach(json_object_get(result, "breaches"), i, x)
		{
			limit--;
			if (c->json && code == EXIT_FINE)
				code = ctl_print_json(x);
			else
				list_row(t, x);
		}
		(void)json_object_set(params, "before",
				      json_object_get(result, "next"));
		json_decref(result);
		if (!json_is_string(json_object_get(params, "before")))
			break;
	}
	return code;
}

int
verb_breach_list(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "DEADLINE", "INCIDENT", "CLOCK",
						"PROMISE",  "CAUSE",    "FOR",
						"OVER",     "AGENT",    "QUEUE",
						"FROM",     NULL };
	const char *most = ctl_arg(a, "--limit");
	long long limit = 1LL << 50;
	struct table *t;
	json_t *params;
	int code;

	if (most != NULL && !ctl_number(most, "--limit", 1, 1LL << 50, &limit))
		return EXIT_USAGE;
	params = list_params(a);
	if (params == NULL)
		return EXIT_USAGE;
	t = table_new(headings);
	code = list_pages(c, params, limit, t);
	if (code == EXIT_FINE && !c->json)
		table_print(c, &t);
	else
		table_drop(&t);
	json_decref(params);
	return code;
}
