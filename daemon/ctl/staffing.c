/*
 * postigo report staffing: how many agents keep the promises of a day.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

#define CELL 64
#define DAY_HALVES 50

const struct ctl_option staffing_options[] = {
	{ "--date", "DATE", "of the next days; default: the next open one" },
	{ "--queue", "NAME", "what comes to this queue alone" },
	{ "--channel", "CHANNEL", "chat, or email and all others" },
	{ "--target", "PERCENT", "of the answers in time; default: 80" },
	{ "--within", "SECONDS", "in which a chat is answered; default: 60" },
	{ "--agents", "N[,N...]",
	  "planned all day, or in each half hour from 0:00 on" },
	{ "--shrinkage", "PERCENT",
	  "of paid time in which nobody answers; default: 0" },
	{ NULL, NULL, NULL },
};

/* Basis points as a percentage: "82 %". */
static void
percent(const json_t *v, char out[CELL])
{
	long long bp = json_integer_value(v);

	out[0] = '\0';
	if (json_is_integer(v))
		(void)snprintf(out, CELL, "%lld %%", (bp + 50) / 100);
}

/* Hundredths with one digit after the point: "4.2". */
static void
tenths(long long hundredths, char out[CELL])
{
	long long t = (hundredths + 5) / 10;

	(void)snprintf(out, CELL, "%lld.%lld", t / 10, t % 10);
}

static void
expected(const json_t *x, char out[CELL])
{
	char mean[CELL];
	char low[CELL];
	char high[CELL];

	tenths(ctl_int(x, "mean"), mean);
	tenths(ctl_int(x, "low"), low);
	tenths(ctl_int(x, "high"), high);
	(void)snprintf(out, CELL, "%.12s (%.12s-%.12s)", mean, low, high);
}

static void
add_count(struct table *t, const json_t *v)
{
	char text[CELL] = "";

	if (json_is_integer(v))
		(void)snprintf(text, sizeof text, "%lld",
			       (long long)json_integer_value(v));
	table_add(t, text);
}

static void
print_halves(struct ctl *c, const json_t *result)
{
	static const char *const heads[] = { "FROM",          "CHATS",
					     "MAILS",         "NEEDED",
					     "ROSTERED",      "GIVEN",
					     "CHATS IN TIME", NULL };
	struct table *t = table_new(heads);
	const json_t *h;
	char text[CELL];
	size_t i;

	json_array_foreach(json_object_get(result, "halves"), i, h)
	{
		if (ctl_int(h, "open") == 0)
			continue;
		table_add(t, ctl_str(h, "at"));
		expected(json_object_get(h, "chats"), text);
		table_add(t, text);
		expected(json_object_get(h, "mails"), text);
		table_add(t, text);
		add_count(t, json_object_get(h, "needed"));
		add_count(t, json_object_get(h, "rostered"));
		add_count(t, json_object_get(h, "given"));
		percent(json_object_get(h, "given_within"), text);
		table_add(t, text);
	}
	table_print(c, &t);
}

static void
add_mails(struct table *t, const json_t *w)
{
	char late[CELL] = "";
	char due[CELL] = "";
	char both[2 * CELL] = "";
	char sure[CELL];

	if (json_is_integer(json_object_get(w, "mails"))) {
		tenths(ctl_int(w, "late"), late);
		tenths(ctl_int(w, "mails"), due);
		(void)snprintf(both, sizeof both, "%s of %s", late, due);
	}
	table_add(t, both);
	percent(json_object_get(w, "sure"), sure);
	table_add(t, sure);
}

static void
print_with(struct ctl *c, const json_t *result)
{
	static const char *const heads[] = { "AGENTS",      "CHATS IN TIME",
					     "LEAVE",       "MAILS LATE",
					     "TARGET KEPT", NULL };
	struct table *t = table_new(heads);
	const json_t *w;
	char text[CELL];
	size_t i;

	json_array_foreach(json_object_get(result, "with"), i, w)
	{
		add_count(t, json_object_get(w, "agents"));
		percent(json_object_get(w, "within"), text);
		table_add(t, text);
		percent(json_object_get(w, "left"), text);
		table_add(t, text);
		add_mails(t, w);
	}
	table_print(c, &t);
}

/* "With 3 agents you will answer 82 % of chats within 60 s and 4 mails will
 * be late." */
static void
print_sentence(const json_t *result, const json_t *w, const char *who)
{
	const json_t *within = json_object_get(w, "within");
	const json_t *late = json_object_get(w, "late");
	char share[CELL];

	(void)printf("With %s you will", who);
	if (json_is_integer(within)) {
		percent(within, share);
		(void)printf(" answer %s of chats within %lld s", share,
			     ctl_int(result, "within_s"));
	}
	if (json_is_integer(late))
		(void)printf("%s %lld mail%s will be late",
			     json_is_integer(within) ? " and" : " see that",
			     (ctl_int(w, "late") + 50) / 100,
			     (ctl_int(w, "late") + 50) / 100 == 1 ? "" : "s");
	(void)printf(".\n");
}

static void
print_sentences(const json_t *result)
{
	const json_t *given = json_object_get(result, "given");
	const json_t *needed = json_object_get(result, "needed");
	size_t n = (size_t)json_integer_value(needed);
	char who[CELL];

	if (json_is_object(given))
		print_sentence(result, given, "the agents planned");
	if (n == 0) {
		(void)printf("Not even %zu agents keep the target.\n",
			     json_array_size(json_object_get(result, "with")));
		return;
	}
	(void)snprintf(who, sizeof who, n == 1 ? "%zu agent" : "%zu agents", n);
	print_sentence(result,
		       json_array_get(json_object_get(result, "with"), n - 1),
		       who);
}

static void
print_past(const json_t *result)
{
	const json_t *past = json_object_get(result, "past");
	const json_t *error = json_object_get(past, "error");
	char halves[CELL];
	char days[CELL];

	(void)printf("%s (%s), forecast of %lld week%s",
		     ctl_str(result, "date"), ctl_str(result, "zone"),
		     ctl_int(past, "weeks"),
		     ctl_int(past, "weeks") == 1 ? "" : "s");
	if (json_is_integer(error)) {
		percent(error, halves);
		percent(json_object_get(past, "error_days"), days);
		(void)printf("; last week it was off by %s a half hour, "
			     "%s a day",
			     halves, days);
	}
	(void)printf("\n%lld mail%s waiting, %lld overdue\n",
		     ctl_int(result, "waiting"),
		     ctl_int(result, "waiting") == 1 ? "" : "s",
		     ctl_int(result, "overdue"));
}

/* "2,2,3" as numbers. NULL: it is something else; a line was said. */
static json_t *
agents_of(const char *s)
{
	json_t *list = json_array();

	while (json_array_size(list) < DAY_HALVES) {
		size_t n = strcspn(s, ",");
		char *word = mem_strndup(s, n);
		long long v = 0;
		bool good = ctl_number(word, "--agents", 0, 1000, &v);

		mem_free(word);
		if (!good) {
			json_decref(list);
			return NULL;
		}
		(void)json_array_append_new(list, json_integer(v));
		if (s[n] == '\0')
			return list;
		s += n + 1;
	}
	json_decref(list);
	(void)ctl_fail(EXIT_USAGE, "'--agents' has more than %d numbers",
		       DAY_HALVES);
	return NULL;
}

/* A number of an option, times a scale, as a parameter. */
static bool
put_number(json_t *params, const struct ctl_args *a, const char *option,
	   const char *name, long long max, long long scale)
{
	const char *s = ctl_arg(a, option);
	long long v;

	if (s == NULL)
		return true;
	if (!ctl_number(s, option, 0, max, &v))
		return false;
	(void)json_object_set_new(params, name, json_integer(v * scale));
	return true;
}

static json_t *
params_of(const struct ctl_args *a)
{
	static const char *const texts[][2] = { { "--date", "date" },
						{ "--queue", "queue" },
						{ "--channel", "channel" } };
	const char *agents = ctl_arg(a, "--agents");
	json_t *params = json_object();
	json_t *list = agents != NULL ? agents_of(agents) : NULL;
	bool good = agents == NULL || list != NULL;
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (ctl_arg(a, texts[i][0]) != NULL)
			(void)json_object_set_new(
				params, texts[i][1],
				json_string(ctl_arg(a, texts[i][0])));
	if (list != NULL)
		(void)json_object_set_new(params, "agents", list);
	if (good && put_number(params, a, "--target", "target", 99, 100) &&
	    put_number(params, a, "--within", "within", 3600, 1) &&
	    put_number(params, a, "--shrinkage", "shrinkage", 90, 100))
		return params;
	json_decref(params);
	return NULL;
}

int
verb_staffing(struct ctl *c, const struct ctl_args *a)
{
	json_t *params = params_of(a);
	json_t *result = NULL;
	int code;

	if (params == NULL)
		return EXIT_USAGE;
	code = ctl_ask(c, "report.staffing", params, CTL_ASK_MS, &result);
	if (code != EXIT_FINE)
		return code;
	if (c->json) {
		code = ctl_print_json(result);
	} else {
		print_past(result);
		(void)putchar('\n');
		print_halves(c, result);
		(void)putchar('\n');
		print_with(c, result);
		(void)putchar('\n');
		print_sentences(result);
	}
	json_decref(result);
	return code;
}
