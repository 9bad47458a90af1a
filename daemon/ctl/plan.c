/*
 * postigo report plan: reports that are mailed on a schedule.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

#define HOUR_MINUTES 60
#define DAY_HOURS 24
#define PERCENT 100
#define LIMIT_MAX 1000000000LL
#define CELL 64

#define PLAN_OPTIONS                                                                 \
	{ "--every", "PERIOD", "day, week (Mondays), month (the first)" },           \
		{ "--at", "HH:MM", "of the zone's day" },                            \
		{ "--zone", "ZONE", "default: the desk book's" },                    \
		{ "--to", "EMAIL",                                                   \
		  "of an agent; as often as there are some" },                       \
		{ "--language", "CODE", "es, en; default: each one's own" },         \
		{ "--connection", "NAME", "that sends it" },                         \
		{ "--below", "N", "only below: 95%, or a number; none" },            \
		{ "--above", "N", "only above" },                                    \
	{                                                                            \
		"--with", "KEY=VALUE",                                               \
			"group, compare, csv, clock, policy, channel, queue, team, " \
			"reason, agent; KEY= takes one away"                         \
	}

const struct ctl_option plan_add_options[] = {
	PLAN_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct ctl_option plan_edit_options[] = {
	PLAN_OPTIONS,
	{ "--name", "TEXT", "as shown, and in the subject" },
	{ "--report", "NAME", "which report" },
	{ "--on", NULL, "it runs again" },
	{ "--off", NULL, "it runs no more" },
	{ NULL, NULL, NULL },
};

/* --- reading options ------------------------------------------------------- */

/* "08:30" to minutes. false: a line is on standard error. */
static bool
minute_of(const char *s, json_t *params)
{
	int hour = 0;
	int minute = 0;
	char end = '\0';

	if (sscanf(s, "%2d:%2d%c", &hour, &minute, &end) != 2 || hour < 0 ||
	    hour >= DAY_HOURS || minute < 0 || minute >= HOUR_MINUTES) {
		(void)ctl_fail(EXIT_USAGE, "'--at' wants HH:MM, not '%s'", s);
		return false;
	}
	(void)json_object_set_new(params, "minute",
				  json_integer(hour * HOUR_MINUTES + minute));
	return true;
}

/* "95%", "92.5%", "40", "none". false: a line is on standard error. */
static bool
limit_of(const char *s, const char *name, json_t *params)
{
	char *end = NULL;
	double share = strtod(s, &end);
	long long n = -1;

	if (end != s && strcmp(end, "%") == 0 && share >= 0 && share <= PERCENT)
		n = (long long)(share * PERCENT + 0.5);
	else if (strcmp(s, "none") != 0 &&
		 !ctl_number(s, name, 0, LIMIT_MAX, &n))
		return false;
	(void)json_object_set_new(params, name + 2, json_integer(n));
	return true;
}

/* KEY=VALUE of --with into the report's params. */
static bool
with_of(const char *s, json_t *with)
{
	const char *eq = strchr(s, '=');
	long long id = 0;
	char *key;
	bool fine = true;

	if (eq == NULL || eq == s) {
		(void)ctl_fail(EXIT_USAGE, "'%s' is not KEY=VALUE", s);
		return false;
	}
	key = mem_strndup(s, (size_t)(eq - s));
	if (eq[1] == '\0')
		(void)json_object_del(with, key);
	else if (strcmp(key, "agent") != 0)
		(void)json_object_set_new(with, key, json_string(eq + 1));
	else if ((fine = ctl_number(eq + 1, "agent", 0, 1LL << 50, &id)))
		(void)json_object_set_new(with, key, json_integer(id));
	mem_free(key);
	return fine;
}

/* The agent of an address among those of agent.list; 0: a line was said. */
static json_int_t
agent_of(const json_t *agents, const char *email)
{
	const json_t *a;
	size_t i;

	json_array_foreach(agents, i, a)
	{
		if (strcasecmp(ctl_str(a, "email"), email) == 0)
			return json_integer_value(json_object_get(a, "id"));
	}
	(void)ctl_fail(EXIT_DATA, "no such agent: '%s'", email);
	return 0;
}

/* The agents of all --to; *out is NULL without one. */
static int
agents_of(struct ctl *c, const struct ctl_args *a, json_t **out)
{
	json_t *result = NULL;
	json_t *list;
	size_t i;
	int code;

	*out = NULL;
	if (ctl_arg(a, "--to") == NULL)
		return EXIT_FINE;
	code = ctl_ask(c, "agent.list", NULL, CTL_ASK_MS, &result);
	list = json_array();
	for (i = 0; code == EXIT_FINE && i < a->givens; i++) {
		json_int_t id;

		if (strcmp(a->given[i].name, "--to") != 0)
			continue;
		id = agent_of(json_object_get(result, "agents"),
			      a->given[i].value);
		if (id == 0)
			code = EXIT_DATA;
		else
			(void)json_array_append_new(list, json_integer(id));
	}
	json_decref(result);
	if (code == EXIT_FINE)
		*out = list;
	else
		json_decref(list);
	return code;
}

/* Options as they are, into parameters. */
static void
take_texts(const struct ctl_args *a, json_t *params)
{
	static const char *const names[][2] = {
		{ "--every", "period" },      { "--zone", "zone" },
		{ "--language", "language" }, { "--connection", "connection" },
		{ "--name", "name" },         { "--report", "report" },
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *v = ctl_arg(a, names[i][0]);

		if (v != NULL)
			(void)json_object_set_new(params, names[i][1],
						  json_string(v));
	}
}

/*
 * All options into parameters of plan.add or plan.update.
 * with  the report's params so far; changed
 */
static int
take_options(struct ctl *c, const struct ctl_args *a, json_t *params,
	     json_t *with)
{
	const char *at = ctl_arg(a, "--at");
	const char *below = ctl_arg(a, "--below");
	const char *above = ctl_arg(a, "--above");
	json_t *agents = NULL;
	size_t i;
	int code;

	take_texts(a, params);
	if ((at != NULL && !minute_of(at, params)) ||
	    (below != NULL && !limit_of(below, "--below", params)) ||
	    (above != NULL && !limit_of(above, "--above", params)))
		return EXIT_USAGE;
	for (i = 0; i < a->givens; i++)
		if (strcmp(a->given[i].name, "--with") == 0 &&
		    !with_of(a->given[i].value, with))
			return EXIT_USAGE;
	(void)json_object_set(params, "params", with);
	code = agents_of(c, a, &agents);
	if (agents != NULL)
		(void)json_object_set_new(params, "agents", agents);
	return code;
}

/* --- the verbs --------------------------------------------------------------- */

static void
add_row(struct table *t, const json_t *p)
{
	char text[CELL];
	long long minute = ctl_int(p, "minute");

	(void)snprintf(text, sizeof text, "%lld", ctl_int(p, "id"));
	table_add(t, text);
	table_add(t, ctl_str(p, "name"));
	table_add(t, ctl_str(p, "report"));
	(void)snprintf(text, sizeof text, "%s %02lld:%02lld",
		       ctl_str(p, "period"), minute / HOUR_MINUTES,
		       minute % HOUR_MINUTES);
	table_add(t, text);
	table_add(t, ctl_str(p, "zone"));
	(void)snprintf(text, sizeof text, "%zu",
		       json_array_size(json_object_get(p, "agents")));
	table_add(t, text);
	table_add(t, ctl_str(p, "connection"));
	table_add(t, json_is_true(json_object_get(p, "active"))
			     ? ctl_str(p, "next_at")
			     : "off");
}

static int
fetch_plans(struct ctl *c, json_t **result, const json_t **plans)
{
	int code = ctl_ask(c, "plan.list", NULL, CTL_ASK_MS, result);

	*plans = json_object_get(*result, "plans");
	return code;
}

int
verb_plan_list(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "ID",   "NAME", "REPORT",
						"WHEN", "ZONE", "PEOPLE",
						"BY",   "NEXT", NULL };

	(void)a;
	return table_ask(c, headings, "plan.list", NULL, "plans", add_row);
}

/* Send it, and say what is stored. */
static int
store(struct ctl *c, const char *method, json_t *params, const char *done)
{
	json_t *result = NULL;
	const json_t *plan;
	int code = ctl_ask(c, method, params, CTL_ASK_MS, &result);

	plan = json_object_get(result, "plan");
	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(plan);
	else if (code == EXIT_FINE)
		ctl_say(c, "%s plan %lld '%s', next run %s", done,
			ctl_int(plan, "id"), ctl_str(plan, "name"),
			json_is_string(json_object_get(plan, "next_at"))
				? ctl_str(plan, "next_at")
				: "never");
	json_decref(result);
	return code;
}

int
verb_plan_add(struct ctl *c, const struct ctl_args *a)
{
	json_t *params;
	json_t *with;
	int code;

	if (ctl_arg(a, "--every") == NULL || ctl_arg(a, "--at") == NULL ||
	    ctl_arg(a, "--to") == NULL)
		return ctl_fail(EXIT_USAGE,
				"'--every', '--at' and '--to' are needed");
	params = json_object();
	with = json_object();
	(void)json_object_set_new(params, "name", json_string(a->word[0]));
	(void)json_object_set_new(params, "report", json_string(a->word[1]));
	code = take_options(c, a, params, with);
	json_decref(with);
	if (code == EXIT_FINE)
		return store(c, "plan.add", params, "added");
	json_decref(params);
	return code;
}

/* The params of a plan, new, as the daemon has them. */
static int
params_of_plan(struct ctl *c, long long id, json_t **out)
{
	json_t *result = NULL;
	const json_t *plans;
	const json_t *p;
	size_t i;
	int code = fetch_plans(c, &result, &plans);

	*out = NULL;
	json_array_foreach(plans, i, p)
	{
		if (ctl_int(p, "id") == id)
			*out = json_deep_copy(json_object_get(p, "params"));
	}
	json_decref(result);
	if (code != EXIT_FINE || *out != NULL)
		return code;
	return ctl_fail(EXIT_DATA, "no such plan: %lld", id);
}

int
verb_plan_edit(struct ctl *c, const struct ctl_args *a)
{
	bool on = ctl_arg(a, "--on") != NULL;
	bool off = ctl_arg(a, "--off") != NULL;
	json_t *params;
	json_t *with = NULL;
	long long id;
	int code;

	if (!ctl_number(a->word[0], "ID", 1, 1LL << 50, &id))
		return EXIT_USAGE;
	if (on && off)
		return ctl_fail(EXIT_USAGE, "'--on' and '--off' together");
	code = params_of_plan(c, id, &with);
	if (code != EXIT_FINE)
		return code;
	params = json_pack("{s:I}", "id", (json_int_t)id);
	if (on || off)
		(void)json_object_set_new(params, "active", json_boolean(on));
	code = take_options(c, a, params, with);
	json_decref(with);
	if (code == EXIT_FINE)
		return store(c, "plan.update", params, "changed");
	json_decref(params);
	return code;
}

int
verb_plan_remove(struct ctl *c, const struct ctl_args *a)
{
	json_t *result = NULL;
	long long id;
	int code;

	if (!ctl_number(a->word[0], "ID", 1, 1LL << 50, &id))
		return EXIT_USAGE;
	code = ctl_ask_id(c, "plan.remove", id, &result);
	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(result);
	else if (code == EXIT_FINE)
		ctl_say(c, "removed plan %lld", id);
	json_decref(result);
	return code;
}

int
verb_plan_try(struct ctl *c, const struct ctl_args *a)
{
	json_t *result = NULL;
	json_t *agents = NULL;
	json_t *params;
	long long id;
	int code;

	if (!ctl_number(a->word[0], "ID", 1, 1LL << 50, &id))
		return EXIT_USAGE;
	code = agents_of(c, a, &agents);
	if (code != EXIT_FINE)
		return code;
	params = json_pack("{s:I}", "id", (json_int_t)id);
	if (agents != NULL)
		(void)json_object_set_new(params, "agents", agents);
	code = ctl_ask(c, "plan.try", params, CTL_ASK_MS, &result);
	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(result);
	else if (code == EXIT_FINE)
		ctl_say(c, "mails on their way: %zu",
			json_array_size(json_object_get(result, "jobs")));
	json_decref(result);
	return code;
}

const struct ctl_option plan_try_options[] = {
	{ "--to", "EMAIL", "of an agent; default: all of the plan's" },
	{ NULL, NULL, NULL },
};
