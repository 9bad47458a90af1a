/* The rules of the catalogue, one file a language: each reason has its
 * examples, and no rule takes the example of another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/rule.h"
#include "rules/tree.h"

#define EXAMPLES_MIN 8        /* of a reason, in each language */
#define COUNTEREXAMPLES_MIN 4 /* likewise */
#define LANGUAGES_MAX 50
#define REASONS_MAX 50
#define RUNS_MAX 100 /* until a busy machine leaves a run enough of its time */

static char *folder;
static char *languages[LANGUAGES_MAX]; /* file names: "es.book" */
static size_t language_count;

static bool
is_language(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL && dot - name >= 2 && dot - name <= 3 &&
	       strcmp(dot, ".book") == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
find_languages(void **state)
{
	const char *src = getenv("POSTIGO_SRCDIR");
	struct dirent *e;
	DIR *d;

	(void)state;
	folder = mem_printf("%s/rules/catalog", src != NULL ? src : "..");
	d = opendir(folder);
	if (d == NULL)
		return -1;
	while ((e = readdir(d)) != NULL && language_count < LANGUAGES_MAX)
		if (is_language(e->d_name))
			languages[language_count++] =
				mem_printf("%s", e->d_name);
	(void)closedir(d);
	qsort(languages, language_count, sizeof *languages, by_name);
	return language_count != 0 ? 0 : -1;
}

static int
forget_languages(void **state)
{
	(void)state;
	while (language_count != 0)
		mem_free(languages[--language_count]);
	mem_free(folder);
	return 0;
}

static void
add_file(struct buf *b, const char *name)
{
	char *path = mem_printf("%s/%s", folder, name);
	FILE *f = fopen(path, "re");
	char chunk[4096];
	size_t n;

	if (f == NULL)
		fail_msg("%s cannot be opened", path);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		assert_true(buf_add(b, chunk, n));
	(void)fclose(f);
	mem_free(path);
}

/* What rules stand on. */
static void
add_frame(struct buf *b)
{
	static const char *const parts[] = { "queues.book", "calendars.book",
					     "policies.book", "replies.book" };
	size_t i;

	for (i = 0; i < sizeof parts / sizeof *parts; i++)
		add_file(b, parts[i]);
}

static struct book *
read_text(struct buf *text, const char *name)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf out;

	buf_init(&out, 65536);
	if (book_read(buf_str(text), strlen(buf_str(text)), &b, &errs) !=
	    OUT_OK)
		book_errors_print(&errs, name, &out);
	if (b == NULL)
		fail_msg("%s", buf_str(&out));
	book_errors_release(&errs);
	buf_release(&out);
	return b;
}

/* The frame with one language, or with all if name is NULL. */
static struct book *
read_catalogue(const char *name)
{
	struct buf text;
	struct book *b;
	size_t i;

	buf_init(&text, BOOK_BYTES_MAX);
	add_frame(&text);
	for (i = 0; i < language_count; i++)
		if (name == NULL || strcmp(languages[i], name) == 0)
			add_file(&text, languages[i]);
	b = read_text(&text, name != NULL ? name : "the catalogue");
	buf_release(&text);
	return b;
}

static const char *
reason_of(const struct rule_node *r)
{
	size_t i;

	for (i = 0; i < r->actions.list.n; i++) {
		const struct action_node *a = r->actions.list.at[i];

		if (a->kind == ACTION_REASON)
			return a->value.text;
	}
	return NULL;
}

static size_t
reason_index(const char *reason)
{
	size_t i;

	for (i = 0; field_reasons[i] != NULL; i++)
		if (strcmp(field_reasons[i], reason) == 0)
			break;
	assert_true(i < REASONS_MAX && field_reasons[i] != NULL);
	return i;
}

static void
each_reason_has_examples(const char *language)
{
	size_t shown[REASONS_MAX] = { 0 };
	size_t counter[REASONS_MAX] = { 0 };
	struct book *b = read_catalogue(language);
	size_t i;
	size_t k;

	for (i = 0; i < b->rules.n; i++) {
		const struct rule_node *r = b->rules.at[i];
		const char *reason = reason_of(r);

		if (reason == NULL)
			continue;
		for (k = 0; k < r->examples.n; k++) {
			const struct example_node *x = r->examples.at[k];

			(x->counter ? counter : shown)[reason_index(reason)]++;
		}
	}
	for (i = 0; field_reasons[i] != NULL; i++) {
		if (strcmp(field_reasons[i], "other") == 0)
			continue;
		if (shown[i] < EXAMPLES_MIN || counter[i] < COUNTEREXAMPLES_MIN)
			fail_msg("%s: %s has %zu examples, %zu counterexamples",
				 language, field_reasons[i], shown[i],
				 counter[i]);
	}
	book_unref(&b);
}

static void
each_reason_has_examples_in_each_language(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < language_count; i++)
		each_reason_has_examples(languages[i]);
}

/* A run has so much time by the clock, and may lose it to other programs. */
static void
run_whole(const struct book *b, const struct rule_facts *f,
	  struct rule_result *result)
{
	int i;

	for (i = 0; i < RUNS_MAX; i++) {
		rule_run(b, f, result);
		if (result->undecided_count == 0)
			return;
	}
	fail_msg("%s: undecided, %s", result->undecided[0].rule,
		 result->undecided[0].why);
}

/* How many examples of a rule the whole book gives another reason. */
static size_t
others(const struct book *b, const struct rule_node *r, const char *reason,
       struct rule_result *result, size_t *asked)
{
	size_t wrong = 0;
	size_t i;
	size_t k;

	for (i = 0; i < r->examples.n; i++) {
		const struct example_node *x = r->examples.at[i];
		struct rule_facts f = x->facts;
		const char *got = "none";

		if (x->counter)
			continue;
		++*asked;
		f.event = r->event.text;
		if (f.text[RULE_FIELD_CHANNEL] == NULL)
			f.text[RULE_FIELD_CHANNEL] = "email";
		run_whole(b, &f, result);
		for (k = 0; k < result->action_count; k++)
			if (result->actions[k].kind == ACTION_REASON)
				got = result->actions[k].value;
		if (strcmp(got, reason) == 0)
			continue;
		print_error("line %d: rule \"%s\": %s, not %s\n", x->at.line,
			    r->name.text, got, reason);
		wrong++;
	}
	return wrong;
}

static void
no_example_is_taken(void)
{
	struct rule_result *result = mem_new(1, sizeof *result);
	struct book *b = read_catalogue(NULL);
	size_t asked = 0;
	size_t wrong = 0;
	size_t i;

	for (i = 0; i < b->rules.n; i++) {
		const struct rule_node *r = b->rules.at[i];
		const char *reason = reason_of(r);

		if (reason != NULL)
			wrong += others(b, r, reason, result, &asked);
	}
	print_message("%zu languages, %zu rules, %zu examples, "
		      "%zu with another reason\n",
		      language_count, b->rules.n, asked, wrong);
	assert_true(asked > 0);
	assert_int_equal(wrong, 0);
	book_unref(&b);
	mem_free(result);
}

static void
no_rule_takes_the_example_of_another(void **state)
{
	(void)state;
	no_example_is_taken();
}

/* A desk may put its languages in any order. */
static void
no_language_takes_the_example_of_another(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < language_count / 2; i++) {
		char *name = languages[i];

		languages[i] = languages[language_count - 1 - i];
		languages[language_count - 1 - i] = name;
	}
	no_example_is_taken();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_has_examples_in_each_language),
		cmocka_unit_test(no_rule_takes_the_example_of_another),
		cmocka_unit_test(no_language_takes_the_example_of_another),
	};

	return cmocka_run_group_tests(tests, find_languages, forget_languages);
}
