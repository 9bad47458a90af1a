/*
 * postigo book test: a desk book on the messages of the past.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/ctl/book_file.h"
#include "daemon/ctl/ctl.h"
#include "rules/include.h"

#define SINCE_DEFAULT "30d"
#define LIMIT_DEFAULT 20
#define LIMIT_MAX 500
#define SUBJECT_BYTES 40
#define CELL_BYTES_MAX 4096
#define DAY_MS INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)
#define AGO_MAX 100000 /* days or hours */

const struct ctl_option book_test_options[] = {
	{ "--since", "TIME", "30d (default), 12h, 2026-01-05" },
	{ "--until", "TIME", "only messages before this; default: now" },
	{ "--limit", "N", "list so many messages that differ (20)" },
	{ NULL, NULL, NULL },
};

bool
ctl_instant(const char *s, const char *what, char out[32])
{
	char *end;
	long long n = strtoll(s, &end, 10);
	int64_t ms = 0;
	bool good = false;

	if (end != s && n >= 0 && n <= AGO_MAX &&
	    (strcmp(end, "d") == 0 || strcmp(end, "h") == 0)) {
		ms = clock_now_ms() - n * (*end == 'd' ? DAY_MS : HOUR_MS);
		good = ms >= 0;
	} else if (strlen(s) == strlen("2026-01-05")) {
		char *text = mem_printf("%sT00:00:00Z", s);

		good = clock_parse(text, &ms);
		mem_free(text);
	} else {
		good = clock_parse(s, &ms);
	}
	if (!good) {
		(void)ctl_fail(EXIT_USAGE,
			       "%s is none of 30d, 12h, 2026-01-05, "
			       "2026-01-05T09:00:00Z: '%s'",
			       what, s);
		return false;
	}
	clock_iso_ms(ms, out);
	return true;
}

/* --- tables -------------------------------------------------------------------- */

static void
print_rules(struct ctl *c, const json_t *rules)
{
	static const char *const headings[] = { "RULE", "LINE", "NOW", "BEFORE",
						NULL };
	struct table *t = table_new(headings);
	const json_t *x;
	size_t i;

	json_array_foreach(rules, i, x)
	{
		table_add(t, ctl_str(x, "rule"));
		if (ctl_int(x, "line") > 0)
			table_add_number(t, ctl_int(x, "line"));
		else
			table_add(t, "gone");
		table_add_number(t, ctl_int(x, "now"));
		table_add_number(t, ctl_int(x, "before"));
	}
	table_print(c, &t);
}

static void
print_changes(struct ctl *c, const json_t *changes)
{
	static const char *const headings[] = { "WHAT", "FROM", "TO",
						"CONTACTS", NULL };
	struct table *t = table_new(headings);
	const json_t *x;
	size_t i;

	json_array_foreach(changes, i, x)
	{
		table_add(t, ctl_str(x, "kind"));
		table_add(t, ctl_str(x, "from"));
		table_add(t, ctl_str(x, "to"));
		table_add_number(t, ctl_int(x, "n"));
	}
	table_print(c, &t);
}

static bool
holds(const json_t *list, const char *s)
{
	const json_t *x;
	size_t i;

	json_array_foreach(list, i, x) if (strcmp(json_string_value(x), s) ==
					   0) return true;
	return false;
}

static void
put(struct buf *b, const char *fmt, const char *a, const char *z)
{
	if (b->len > 0)
		(void)buf_puts(b, ", ");
	(void)buf_printf(b, fmt, a, z);
}

/* Members of one list that are not in the other. */
static void
put_missing(struct buf *b, const json_t *from, const json_t *in,
	    const char *fmt, const char *word)
{
	const json_t *x;
	size_t i;

	json_array_foreach(from, i, x) if (!holds(in, json_string_value(x)))
		put(b, fmt, word, json_string_value(x));
}

/* What differs between two sides, in one line. */
static void
put_difference(struct buf *b, const json_t *was, const json_t *would)
{
	static const char *const names[] = { "queue", "priority", "reason",
					     "policy", "reply" };
	const json_t *tags = json_object_get(was, "tags");
	const json_t *tags_now = json_object_get(would, "tags");
	const json_t *other = json_object_get(was, "other");
	const json_t *other_now = json_object_get(would, "other");

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *a = ctl_str(was, names[i]);
		const char *z = ctl_str(would, names[i]);

		if (strcmp(a, z) == 0)
			continue;
		put(b, "%s %s", names[i], a[0] != '\0' ? a : "none");
		(void)buf_printf(b, " -> %s", z[0] != '\0' ? z : "none");
	}
	put_missing(b, tags, tags_now, "-%s %s", "tag");
	put_missing(b, tags_now, tags, "+%s %s", "tag");
	put_missing(b, other, other_now, "-%s%s", "");
	put_missing(b, other_now, other, "+%s%s", "");
}

static void
add_row(struct table *t, const json_t *x)
{
	const char *subject = ctl_str(x, "subject");
	size_t n = utf8_cut(subject, strlen(subject), SUBJECT_BYTES);
	char *cut = mem_strndup(subject, n);
	char at[24];
	struct buf b;
	const json_t *rule;
	size_t i;

	(void)snprintf(at, sizeof at, "%.16sZ", ctl_str(x, "at"));
	at[10] = ' ';
	table_add(t, ctl_str(x, "ref"));
	table_add(t, at);
	table_add(t, cut);
	buf_init(&b, CELL_BYTES_MAX);
	put_difference(&b, json_object_get(x, "was"),
		       json_object_get(x, "would"));
	table_add(t, buf_str(&b));
	buf_clear(&b);
	json_array_foreach(json_object_get(x, "rules"), i, rule)
		put(&b, "%s%s", "", json_string_value(rule));
	table_add(t, b.len > 0 ? b.data : "");
	buf_release(&b);
	mem_free(cut);
}

static void
print_rows(struct ctl *c, const json_t *rows)
{
	static const char *const headings[] = { "REF",     "RECEIVED",
						"SUBJECT", "WOULD DIFFER",
						"RULES",   NULL };
	struct table *t = table_new(headings);
	const json_t *x;
	size_t i;

	json_array_foreach(rows, i, x) add_row(t, x);
	table_print(c, &t);
}

static void
print_result(struct ctl *c, const json_t *r)
{
	const json_t *rows = json_object_get(r, "rows");
	const json_t *changes = json_object_get(r, "changes");

	(void)printf("%lld contacts: a rule fires on %lld, %lld would be "
		     "decided otherwise, %lld undecided\n\n",
		     ctl_int(r, "contacts"), ctl_int(r, "matched"),
		     ctl_int(r, "differ"), ctl_int(r, "undecided"));
	print_rules(c, json_object_get(r, "rules"));
	if (json_array_size(changes) > 0) {
		(void)printf("\n");
		print_changes(c, changes);
	}
	if (json_array_size(rows) > 0) {
		(void)printf("\n");
		print_rows(c, rows);
	}
	if (ctl_int(r, "differ") > (long long)json_array_size(rows))
		ctl_say(c, "%zu of %lld that differ are listed: --limit N",
			json_array_size(rows), ctl_int(r, "differ"));
	if (json_is_true(json_object_get(r, "cut")))
		ctl_say(c, "time was over: go on with --until %s",
			ctl_str(r, "until"));
}

/* --- the verb ------------------------------------------------------------------ */

static int
test_params(const struct ctl_args *a, json_t *p)
{
	const char *since = ctl_arg(a, "--since");
	const char *until = ctl_arg(a, "--until");
	const char *limit = ctl_arg(a, "--limit");
	long long n = LIMIT_DEFAULT;
	char text[32];

	if (limit != NULL && !ctl_number(limit, "--limit", 0, LIMIT_MAX, &n))
		return EXIT_USAGE;
	if (!ctl_instant(since != NULL ? since : SINCE_DEFAULT, "--since",
			 text))
		return EXIT_USAGE;
	(void)json_object_set_new(p, "since", json_string(text));
	(void)json_object_set_new(p, "limit", json_integer(n));
	if (until == NULL)
		return EXIT_FINE;
	if (!ctl_instant(until, "--until", text))
		return EXIT_USAGE;
	(void)json_object_set_new(p, "until", json_string(text));
	return EXIT_FINE;
}

int
verb_book_test(struct ctl *c, const struct ctl_args *a)
{
	json_t *params = json_object();
	struct include *f = NULL;
	json_t *result = NULL;
	size_t n;
	int code = test_params(a, params);

	if (code == EXIT_FINE && a->words > 0)
		code = book_file_read(a->word[0], &f);
	if (f != NULL)
		(void)json_object_set_new(params, "text",
					  json_string(include_text(f, &n)));
	if (code != EXIT_FINE)
		json_decref(params);
	else
		code = book_file_ask(c, f, "book.test", "book.test", params,
				     CTL_SLOW_MS, &result);
	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(result);
	else if (code == EXIT_FINE)
		print_result(c, result);
	json_decref(result);
	include_free(&f);
	return code;
}
