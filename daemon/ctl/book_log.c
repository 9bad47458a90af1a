/*
 * postigo book log, rollback: the versions that were applied, and going back
 * to one.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/ctl.h"

#define PAGE 200
#define SHOWN_DEFAULT 20

const struct ctl_option book_log_options[] = {
	{ "--limit", "N", "at most so many (20)" },
	{ NULL, NULL, NULL },
};

const struct ctl_option book_rollback_options[] = {
	{ "--base", "N", "refuse if another version than this is applied" },
	{ "--note", "TEXT", "why, for those who look back" },
	{ NULL, NULL, NULL },
};

static void
log_row(struct table *t, const json_t *x)
{
	char text[64];

	(void)snprintf(text, sizeof text, "%lld", ctl_int(x, "version"));
	table_add(t, text);
	(void)snprintf(text, sizeof text, "%.16sZ", ctl_str(x, "applied_at"));
	text[10] = ' ';
	table_add(t, text);
	table_add(t, ctl_str(x, "agent_name"));
	(void)snprintf(text, sizeof text, "%lld", ctl_int(x, "bytes"));
	table_add(t, text);
	(void)snprintf(text, sizeof text, "%.12s", ctl_str(x, "hash"));
	table_add(t, text);
	text[0] = '\0';
	if (ctl_int(x, "same_as") > 0)
		(void)snprintf(text, sizeof text, "version %lld",
			       ctl_int(x, "same_as"));
	table_add(t, text);
	table_add(t, ctl_str(x, "note"));
}

/* One page; *left counts down, *before is the next page's, 0 after the last. */
static int
log_page(struct ctl *c, struct table *t, long long *left, long long *before)
{
	long long want = *left < PAGE ? *left : PAGE;
	json_t *params = json_pack("{s:I}", "limit", (json_int_t)want);
	json_t *result = NULL;
	json_t *list;
	json_t *x;
	size_t i;
	int code;

	if (*before > 0)
		(void)json_object_set_new(params, "before",
					  json_integer(*before));
	*before = 0;
	code = ctl_ask(c, "book.list", params, CTL_ASK_MS, &result);
	list = json_object_get(result, "versions");
	json_array_foreach(list, i, x)
	{
		if (code != EXIT_FINE)
			break;
		if (c->json)
			code = ctl_print_json(x);
		else
			log_row(t, x);
		*before = ctl_int(x, "version");
	}
	*left -= (long long)json_array_size(list);
	if ((long long)json_array_size(list) < want)
		*before = 0;
	json_decref(result);
	return code;
}

int
verb_book_log(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "VERSION", "APPLIED", "BY",
						"BYTES",   "HASH",    "SAME AS",
						"NOTE",    NULL };
	const char *limit = ctl_arg(a, "--limit");
	long long left = SHOWN_DEFAULT;
	long long before = 0;
	struct table *t;
	int code;

	if (limit != NULL && !ctl_number(limit, "--limit", 1, 1000000, &left))
		return EXIT_USAGE;
	t = table_new(headings);
	do {
		code = log_page(c, t, &left, &before);
	} while (code == EXIT_FINE && left > 0 && before > 1);
	if (c->json || code != EXIT_FINE)
		table_drop(&t);
	else
		table_print(c, &t);
	return code;
}

int
verb_book_rollback(struct ctl *c, const struct ctl_args *a)
{
	const char *base = ctl_arg(a, "--base");
	const char *note = ctl_arg(a, "--note");
	json_t *params;
	json_t *result = NULL;
	long long version;
	long long n = 0;
	int code;

	if (!ctl_number(a->word[0], "a version", 1, 1LL << 50, &version))
		return EXIT_USAGE;
	if (base != NULL && !ctl_number(base, "--base", 0, 1LL << 50, &n))
		return EXIT_USAGE;
	params = json_pack("{s:I}", "version", (json_int_t)version);
	if (base != NULL)
		(void)json_object_set_new(params, "base", json_integer(n));
	if (note != NULL)
		(void)json_object_set_new(params, "note", json_string(note));
	code = ctl_ask(c, "book.rollback", params, CTL_SLOW_MS, &result);
	if (code != EXIT_FINE)
		return code;
	if (c->json)
		code = ctl_print_json(result);
	ctl_say(c, "version %lld applied again, as version %lld", version,
		ctl_int(result, "version"));
	json_decref(result);
	return code;
}
