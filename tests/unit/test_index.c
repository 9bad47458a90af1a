/*
 * A run with the index of rules and one without say the same: on books and
 * texts by chance, and on the catalogue.
 *
 *   test_index [--pairs N] [--seed N]    pairs of a rule and a contact
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/match.h"
#include "rules/pattern.h"
#include "rules/rule.h"
#include "tests/unit/patterns.h"

#define PAIRS 20000
#define RULES 30
#define PATTERNS 24
#define CONTACTS 25 /* for each book */
#define DEPTH_MAX 3
#define STRINGS 5            /* of the catalogue one in so many is tried */
#define PATIENCE_US 60000000 /* a busy machine decides nothing here */

static unsigned long pairs_wanted = PAIRS;
static unsigned long seed = 1;

static unsigned long book_number; /* --seed makes it again */
static struct rule_result with;
static struct rule_result without;

/* What the pairs brought. */
static struct {
	unsigned long pairs;
	unsigned long fired;
	unsigned long undecided; /* contacts with an undecided rule */
	unsigned long contacts;
} sum;

/* --- books -------------------------------------------------------------- */

static struct made patterns[PATTERNS];

static void
make_patterns(struct chance *c)
{
	struct pattern_error e;
	int i = 0;

	while (i < PATTERNS) {
		struct pattern *p = NULL;
		unsigned flags = i % 4 == 3 ? PATTERN_LITERAL : 0;

		if (flags != 0)
			made_literal(c, &patterns[i]);
		else
			made_pattern(c, &patterns[i]);
		if (patterns[i].source_n > 300 ||
		    memchr(patterns[i].source, '\n', patterns[i].source_n) !=
			    NULL ||
		    pattern_new(patterns[i].source, patterns[i].source_n, flags,
				&p, &e) != OUT_OK)
			continue;
		pattern_free(&p);
		i++;
	}
}

static void
put_pattern(struct chance *c, struct buf *b, const char *verb)
{
	int i = (int)chance_below(c, PATTERNS);
	const struct made *m = &patterns[i];

	if (i % 4 == 3)
		(void)buf_printf(b, "%s\"%.*s\"",
				 verb[0] != '\0' ? " contains " : "",
				 (int)m->source_n, m->source);
	else
		(void)buf_printf(b, "%s/%.*s/", verb, (int)m->source_n,
				 m->source);
	if (chance_one_in(c, 6))
		(void)buf_puts(b, " exact");
}

static void
put_condition(struct chance *c, struct buf *b, int depth)
{
	static const char *const fields[] = { "body",
					      "subject",
					      "subject or body",
					      "sender",
					      "body or sender",
					      "header \"X-One\"",
					      "page",
					      "attachment.name or body",
					      "body or header \"x-two\"",
					      "attachment.type" };
	static const char *const others[] = {
		"channel is chat", "not channel is email", "messages > 1",
		"robot",           "queue is \"a\"",       "language is es"
	};

	if (depth < DEPTH_MAX && chance_one_in(c, 2)) {
		switch (chance_below(c, 5)) {
		case 0:
			(void)buf_puts(b, "not (");
			put_condition(c, b, depth + 1);
			break;
		default:
			(void)buf_puts(b, "(");
			put_condition(c, b, depth + 1);
			(void)buf_puts(b,
				       chance_one_in(c, 2) ? " and " : " or ");
			put_condition(c, b, depth + 1);
			break;
		}
		(void)buf_puts(b, ")");
		return;
	}
	if (chance_one_in(c, 10)) {
		(void)buf_puts(b, others[chance_below(c, 6)]);
		return;
	}
	(void)buf_puts(b, fields[chance_one_in(c, 3) ? chance_below(c, 10)
						     : chance_below(c, 3)]);
	if (chance_one_in(c, 6))
		(void)buf_printf(b, " matches list \"l%zu\"",
				 chance_below(c, 2));
	else
		put_pattern(c, b, " matches ");
}

static void
put_rule(struct chance *c, struct buf *b, int i)
{
	(void)buf_printf(b, "rule \"r%d\" { on %s%s", i,
			 chance_one_in(c, 8) ? "answer" : "contact",
			 chance_one_in(c, 8) ? " via email, chat" : "");
	if (!chance_one_in(c, 12)) {
		(void)buf_puts(b, "\n if ");
		put_condition(c, b, 0);
	}
	(void)buf_printf(b, "\n then tag \"t%d\", queue \"%s\"%s }\n", i,
			 chance_one_in(c, 2) ? "a" : "b",
			 chance_one_in(c, 25) ? " stop" : "");
}

static void
put_list(struct chance *c, struct buf *b, int i)
{
	int n = 1 + (int)chance_below(c, 4);

	(void)buf_printf(b, "list \"l%d\" { ", i);
	while (n-- > 0) {
		put_pattern(c, b, "");
		(void)buf_puts(b, n > 0 ? ", " : " }\n");
	}
}

static struct book *
read_book(const char *text, size_t n)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf out;

	buf_init(&out, 65536);
	if (book_read_trusted(text, n, &b, &errs) != OUT_OK) {
		book_errors_print(&errs, "book", &out);
		fail_msg("refused: %s\n%s", buf_str(&out), text);
	}
	book_errors_release(&errs);
	buf_release(&out);
	book_patient(b, PATIENCE_US);
	return b;
}

/* --- comparing ---------------------------------------------------------- */

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_hits(void)
{
	size_t i;

	if (with.hit_count != without.hit_count)
		return false;
	for (i = 0; i < with.hit_count; i++) {
		const struct rule_hit *a = &with.hits[i];
		const struct rule_hit *b = &without.hits[i];

		if (!same(a->rule, b->rule) || a->field != b->field ||
		    a->from != b->from || a->to != b->to ||
		    a->condition != b->condition || a->cut != b->cut ||
		    !same(a->name, b->name))
			return false;
	}
	return true;
}

static bool
same_actions(void)
{
	size_t i;

	if (with.action_count != without.action_count)
		return false;
	for (i = 0; i < with.action_count; i++) {
		const struct rule_action *a = &with.actions[i];
		const struct rule_action *b = &without.actions[i];

		if (a->kind != b->kind || !same(a->value, b->value) ||
		    !same(a->rule, b->rule) || !same(a->text, b->text))
			return false;
	}
	return true;
}

static bool
same_rest(void)
{
	return with.fired_count == without.fired_count &&
	       memcmp(with.fired, without.fired,
		      with.fired_count * sizeof *with.fired) == 0 &&
	       with.tried == without.tried &&
	       same(with.stopped_by, without.stopped_by) &&
	       with.undecided_count == without.undecided_count;
}

/* Did PCRE2 alone give up somewhere, in a rule that fired all the same? */
static bool
gave_up(const struct book *plain, const struct rule_facts *facts)
{
	static struct rule_trace t;
	size_t i;
	size_t k;

	for (i = 0; i < book_rule_count(plain); i++) {
		rule_explain(plain, facts, i, &t);
		for (k = 0; k < t.n; k++)
			if (t.rows[k].verdict == RULE_UNDECIDED)
				return true;
	}
	return false;
}

/* Both runs of one contact. */
static void
compare(const struct book *indexed, const struct book *plain,
	const struct rule_facts *facts)
{
	rule_run(indexed, facts, &with);
	rule_run(plain, facts, &without);
	sum.contacts++;
	sum.pairs += book_rule_count(plain);
	sum.fired += without.fired_count;
	/* a pattern that cannot match is "no" with the index, where PCRE2
	 * alone gives up: more is known, and no less */
	if (without.undecided_count != 0) {
		sum.undecided++;
		assert_true(with.undecided_count <= without.undecided_count);
		return;
	}
	if ((!same_hits() || !same_actions() || !same_rest()) &&
	    !gave_up(plain, facts))
		fail_msg("%zu rules fired, not %zu; %zu hits, not %zu; "
			 "%zu tried, not %zu; book %lu, on '%s' '%s'",
			 with.fired_count, without.fired_count, with.hit_count,
			 without.hit_count, with.tried, without.tried,
			 book_number, facts->text[RULE_FIELD_SUBJECT],
			 facts->text[RULE_FIELD_BODY]);
}

static void
compare_explanations(const struct book *indexed, const struct book *plain,
		     const struct rule_facts *facts)
{
	static struct rule_trace a;
	static struct rule_trace b;
	size_t i;
	size_t k;

	for (i = 0; i < book_rule_count(plain); i++) {
		rule_explain(indexed, facts, i, &a);
		rule_explain(plain, facts, i, &b);
		assert_int_equal(a.n, b.n);
		if (b.verdict == RULE_UNDECIDED)
			continue;
		assert_int_equal(a.verdict, b.verdict);
		for (k = 0; k < a.n; k++) {
			if (b.rows[k].verdict == RULE_UNDECIDED)
				break;
			assert_int_equal(a.rows[k].verdict, b.rows[k].verdict);
			assert_int_equal(a.rows[k].from, b.rows[k].from);
			assert_int_equal(a.rows[k].to, b.rows[k].to);
		}
	}
}

/* --- contacts by chance ------------------------------------------------- */

static char texts[8][MADE_TEXT_BYTES + 1];

static const char *
a_text(struct chance *c, int i)
{
	size_t n = made_text(c, &patterns[chance_below(c, PATTERNS)], texts[i]);

	texts[i][n] = '\0';
	return chance_one_in(c, 10) ? NULL : texts[i];
}

static void
make_contact(struct chance *c, struct rule_facts *f, struct rule_pair *pairs)
{
	static const char *const channels[] = { "email", "chat", "phone" };

	memset(f, 0, sizeof *f);
	f->event = chance_one_in(c, 6) ? "answer" : "contact";
	f->text[RULE_FIELD_CHANNEL] = channels[chance_below(c, 3)];
	f->text[RULE_FIELD_BODY] = a_text(c, 0);
	f->text[RULE_FIELD_SUBJECT] = a_text(c, 1);
	f->text[RULE_FIELD_SENDER] = a_text(c, 2);
	f->text[RULE_FIELD_PAGE] = a_text(c, 3);
	f->has[RULE_FIELD_MESSAGES] = true;
	f->number[RULE_FIELD_MESSAGES] = (int64_t)chance_below(c, 3);
	pairs[0].name = "X-One";
	pairs[0].value = texts[4];
	(void)a_text(c, 4);
	pairs[1].name = "X-Two";
	pairs[1].value = texts[5];
	(void)a_text(c, 5);
	pairs[2].name = "x-one";
	pairs[2].value = texts[1];
	f->headers = pairs;
	f->header_count = chance_below(c, 4);
	pairs[3].name = texts[6];
	(void)a_text(c, 6);
	pairs[3].value = "image/png";
	f->files = pairs + 3;
	f->file_count = chance_below(c, 2);
}

static void
one_book(unsigned long number)
{
	struct rule_facts facts;
	struct rule_pair pairs[4];
	struct chance c;
	struct book *indexed;
	struct book *plain;
	struct buf b;
	int i;

	book_number = number;
	chance_start(&c, number);
	make_patterns(&c);
	buf_init(&b, BOOK_BYTES_MAX);
	(void)buf_puts(&b, "queue \"a\" { }\nqueue \"b\" { }\n");
	put_list(&c, &b, 0);
	put_list(&c, &b, 1);
	for (i = 0; i < RULES; i++)
		put_rule(&c, &b, i);
	indexed = read_book(buf_str(&b), b.len);
	plain = read_book(buf_str(&b), b.len);
	book_plain(plain);
	for (i = 0; i < CONTACTS; i++) {
		make_contact(&c, &facts, pairs);
		compare(indexed, plain, &facts);
		if (i == 0)
			compare_explanations(indexed, plain, &facts);
	}
	book_unref(&indexed);
	book_unref(&plain);
	buf_release(&b);
}

static void
books_and_texts_by_chance(void **state)
{
	unsigned long s;

	(void)state;
	memset(&sum, 0, sizeof sum);
	for (s = seed; sum.pairs < pairs_wanted; s++)
		one_book(s);
	print_message("%lu pairs: %lu fired; %lu of %lu contacts with "
		      "something undecided\n",
		      sum.pairs, sum.fired, sum.undecided, sum.contacts);
	assert_true(sum.fired > sum.pairs / 100);
	assert_true(sum.undecided < sum.contacts / 2);
}

/* --- the catalogue ------------------------------------------------------ */

static void
add_file(struct buf *b, const char *name)
{
	const char *src = getenv("POSTIGO_SRCDIR");
	char *path = mem_printf("%s/rules/catalog/%s.book",
				src != NULL ? src : "..", name);
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;

	if (f == NULL)
		fail_msg("cannot open %s", path);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		assert_true(buf_add(b, part, n));
	(void)fclose(f);
	(void)buf_putc(b, '\n');
	mem_free(path);
}

/* Each string of a book as a body, and as a subject. */
static void
compare_strings(const char *text, size_t n)
{
	struct rule_facts facts = { .event = "contact" };
	struct book *indexed = read_book(text, n);
	struct book *plain = read_book(text, n);
	const char *at = text;
	unsigned strings = 0;

	book_plain(plain);
	facts.text[RULE_FIELD_CHANNEL] = "email";
	while ((at = strchr(at, '"')) != NULL) {
		const char *end = strchr(++at, '"');
		char *one;

		if (end == NULL)
			break;
		/* some of them; all of them in the long tests */
		if (pairs_wanted == PAIRS && ++strings % STRINGS != 0) {
			at = end + 1;
			continue;
		}
		one = mem_strndup(at, (size_t)(end - at));
		facts.text[RULE_FIELD_BODY] = one;
		facts.text[RULE_FIELD_SUBJECT] = NULL;
		compare(indexed, plain, &facts);
		facts.text[RULE_FIELD_BODY] = "Hola";
		facts.text[RULE_FIELD_SUBJECT] = one;
		compare(indexed, plain, &facts);
		mem_free(one);
		at = end + 1;
	}
	book_unref(&indexed);
	book_unref(&plain);
}

static void
the_catalogue_says_the_same(void **state)
{
	static const char *const parts[] = { "queues",  "calendars", "policies",
					     "replies", "es",        "en" };
	struct buf b;
	size_t i;

	(void)state;
	memset(&sum, 0, sizeof sum);
	buf_init(&b, BOOK_BYTES_MAX);
	for (i = 0; i < sizeof parts / sizeof *parts; i++)
		add_file(&b, parts[i]);
	compare_strings(buf_str(&b), b.len);
	buf_release(&b);
	print_message("%lu contacts, %lu rules fired, %lu undecided\n",
		      sum.contacts, sum.fired, sum.undecided);
	assert_true(sum.fired > 100);
}

/* --- what the index knows ----------------------------------------------- */

/* Rules that wait for no text, time and events, all the same. */
static void
tried_counts_rules_of_the_event(void **state)
{
	static const char text[] =
		"queue \"a\" { }\n"
		"rule \"1\" { on contact if body matches /uno/ then tag \"1\" }"
		"rule \"2\" { on answer then tag \"2\" }"
		"rule \"3\" { on contact if body matches /dos/ then tag \"3\" "
		"stop }"
		"rule \"4\" { on contact then tag \"4\" }";
	struct book *b = read_book(text, sizeof text - 1);
	struct rule_facts f = { .event = "contact" };

	(void)state;
	f.text[RULE_FIELD_BODY] = "nada";
	rule_run(b, &f, &with);
	assert_int_equal(with.tried, 3);
	assert_int_equal(with.fired_count, 1);
	f.text[RULE_FIELD_BODY] = "los dos";
	rule_run(b, &f, &with);
	assert_int_equal(with.tried, 2);
	assert_string_equal(with.stopped_by, "3");
	f.event = "answer";
	rule_run(b, &f, &with);
	assert_int_equal(with.tried, 1);
	f.event = "no such event";
	rule_run(b, &f, &with);
	assert_int_equal(with.tried, 0);
	book_unref(&b);
}

/* A match that would give up is not tried where it cannot be. */
static void
what_cannot_match_is_not_undecided(void **state)
{
	static const char text[] =
		"queue \"a\" { }\n"
		"rule \"bad\" { on contact if body matches /(a+)+refund/ then "
		"tag \"1\" }"
		"rule \"not\" { on contact if not body matches /(a+)+refund/ "
		"then tag \"2\" }";
	struct book *b = read_book(text, sizeof text - 1);
	struct rule_facts f = { .event = "contact" };

	(void)state;
	f.text[RULE_FIELD_BODY] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaz";
	rule_run(b, &f, &with);
	assert_int_equal(with.undecided_count, 0);
	assert_int_equal(with.action_count, 1);
	assert_string_equal(with.actions[0].value, "2");
	f.text[RULE_FIELD_BODY] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaz refund";
	rule_run(b, &f, &with);
	assert_int_equal(with.undecided_count, 2);
	book_unref(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(books_and_texts_by_chance),
		cmocka_unit_test(the_catalogue_says_the_same),
		cmocka_unit_test(tried_counts_rules_of_the_event),
		cmocka_unit_test(what_cannot_match_is_not_undecided),
	};

	chance_options(argc, argv, &pairs_wanted, &seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
