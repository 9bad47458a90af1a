/*
 * postigo whatsapp dead, replay: deliveries of Meta's that could not be
 * understood, and taking them again.
 */

#include <stdint.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

#define LIMIT_MAX 100
#define REPLAY_MAX 100000 /* of one command */

const struct ctl_option whatsapp_dead_options[] = {
	{ "--connection", "NAME", "of one connection alone" },
	{ "--limit", "N", "1 to 100; 50 if it is not given" },
	{ "--before", "ID", "what came before that one" },
	{ NULL, NULL, NULL },
};
const struct ctl_option whatsapp_replay_options[] = {
	{ "--all", NULL, "every dead one" },
	{ "--connection", "NAME", "with --all: of one connection alone" },
	{ NULL, NULL, NULL },
};

static json_t *
dead_params(const char *connection, long long limit, long long before)
{
	json_t *p = json_pack("{s:s, s:I}", "state", "dead", "limit",
			      (json_int_t)limit);

	if (connection != NULL)
		(void)json_object_set_new(p, "connection",
					  json_string(connection));
	if (before != 0)
		(void)json_object_set_new(p, "before", json_integer(before));
	return p;
}

static void
add_number(struct table *t, long long n)
{
	char *text = mem_printf("%lld", n);

	table_add(t, text);
	mem_free(text);
}

static void
dead_show(struct table *t, const json_t *x)
{
	add_number(t, ctl_int(x, "id"));
	table_add(t, ctl_str(x, "received_at"));
	table_add(t, ctl_str(x, "connection"));
	add_number(t, ctl_int(x, "bytes"));
	add_number(t, ctl_int(x, "attempts"));
	table_add(t, ctl_str(x, "why"));
}

int
verb_whatsapp_dead(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = {
		"ID", "RECEIVED", "CONNECTION", "BYTES", "TRIES", "WHY", NULL
	};
	const char *limit = ctl_arg(a, "--limit");
	const char *before = ctl_arg(a, "--before");
	json_t *result = NULL;
	long long n = LIMIT_MAX / 2;
	long long below = 0;
	struct table *t;
	json_t *x;
	size_t i;
	int code;

	if ((limit != NULL &&
	     !ctl_number(limit, "--limit", 1, LIMIT_MAX, &n)) ||
	    (before != NULL &&
	     !ctl_number(before, "--before", 1, INT64_MAX, &below)))
		return EXIT_USAGE;
	code = ctl_ask(c, "hook.list",
		       dead_params(ctl_arg(a, "--connection"), n, below),
		       CTL_ASK_MS, &result);
	if (code != EXIT_FINE)
		return code;
	t = table_new(headings);
	json_array_foreach(json_object_get(result, "hooks"), i, x)
	{
		if (!c->json)
			dead_show(t, x);
		else if (code == EXIT_FINE)
			code = ctl_print_json(x);
	}
	if (c->json)
		table_drop(&t);
	else
		table_print(c, &t);
	json_decref(result);
	return code;
}

static int
replay_one(struct ctl *c, long long id)
{
	json_t *result = NULL;
	int code = ctl_ask(c, "hook.again",
			   json_pack("{s:I}", "id", (json_int_t)id), CTL_ASK_MS,
			   &result);

	json_decref(result);
	return code;
}

/* Those that are dead now, from the newest down: one that dies once more
 * meanwhile is not taken twice. */
static int
replay_all(struct ctl *c, const char *connection, long long *count)
{
	long long before = 0;
	int code = EXIT_FINE;
	size_t n;

	do {
		json_t *result = NULL;
		json_t *x;
		size_t i;

		code = ctl_ask(c, "hook.list",
			       dead_params(connection, LIMIT_MAX, before),
			       CTL_ASK_MS, &result);
		n = json_array_size(json_object_get(result, "hooks"));
		json_array_foreach(json_object_get(result, "hooks"), i, x)
		{
			before = ctl_int(x, "id");
			if (code == EXIT_FINE)
				code = replay_one(c, before);
			if (code == EXIT_FINE)
				(*count)++;
		}
		json_decref(result);
	} while (code == EXIT_FINE && n == LIMIT_MAX && *count < REPLAY_MAX);
	return code;
}

int
verb_whatsapp_replay(struct ctl *c, const struct ctl_args *a)
{
	bool all = ctl_arg(a, "--all") != NULL;
	long long count = 1;
	long long id = 0;
	json_t *told;
	int code;

	if (all == (a->words == 1))
		return ctl_fail(EXIT_USAGE, "give an ID or '--all'");
	if (!all && !ctl_number(a->word[0], "ID", 1, INT64_MAX, &id))
		return EXIT_USAGE;
	if (all) {
		count = 0;
		code = replay_all(c, ctl_arg(a, "--connection"), &count);
	} else {
		code = replay_one(c, id);
	}
	if (code != EXIT_FINE)
		return code;
	if (!c->json) {
		ctl_say(c, "%lld taken again", count);
		return EXIT_FINE;
	}
	told = json_pack("{s:I}", "again", (json_int_t)count);
	code = ctl_print_json(told);
	json_decref(told);
	return code;
}
