/* Running rules: folding, spans, order, ceilings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/match.h"
#include "rules/rule.h"

static struct rule_result result;

static struct book *
trusted(const char *rules)
{
	char *text = mem_printf("queue \"a\" { }\nqueue \"b\" { }\n%s", rules);
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf out;

	buf_init(&out, 65536);
	if (book_read_trusted(text, strlen(text), &b, &errs) != OUT_OK) {
		book_errors_print(&errs, "book", &out);
		fail_msg("refused: %s", buf_str(&out));
	}
	buf_release(&out);
	mem_free(text);
	return b;
}

static void
run(const struct book *b, const char *subject, const char *body)
{
	struct rule_facts facts = { .event = "contact",
				    .text[RULE_FIELD_CHANNEL] = "email",
				    .text[RULE_FIELD_MAILBOX] = "shop",
				    .text[RULE_FIELD_SENDER] =
					    "ana@mail.example",
				    .text[RULE_FIELD_SUBJECT] = subject,
				    .text[RULE_FIELD_BODY] = body };

	rule_run(b, &facts, &result);
}

/* Does a condition hold on a body? The hit's text, or NULL. */
static const char *
held(const char *condition, const char *body, char span[128])
{
	char *rule = mem_printf("rule \"r\" { on contact if %s then tag "
				"\"t\" }",
				condition);
	struct book *b = trusted(rule);
	const char *found = NULL;

	run(b, "Mi subject", body);
	if (result.action_count == 1) {
		size_t n = result.hit_count != 0
				   ? result.hits[0].to - result.hits[0].from
				   : 0;

		assert_true(n < 128);
		if (n != 0)
			memcpy(span, body + result.hits[0].from, n);
		span[n] = '\0';
		found = span;
	}
	book_unref(&b);
	mem_free(rule);
	return found;
}

static void
accents_are_folded_and_spans_true(void **state)
{
	static const struct {
		const char *condition;
		const char *body;
		const char *hit; /* NULL: does not hold */
	} t[] = {
		{ "body matches /devolucion/", "La Devolución, ya",
		  "Devolución" },
		{ "body matches /devolución/", "la DEVOLUCION", "DEVOLUCION" },
		/* o and a combining acute accent */
		{ "body matches /devolución/", "¡devolucio\xCC\x81n!",
		  "devolucio\xCC\x81n" },
		{ "body matches /[áé]s/", "más", "ás" },
		{ "body matches /ni\xC3\xB1o/", "NINO", "NINO" },
		{ "body matches /m\\x{e1}s/", "mas", "mas" },
		{ "body matches /más/ exact", "mas", NULL },
		{ "body matches /más/ exact", "Y MÁS", "MÁS" },
		{ "body contains \"a.b (ñ)\"", "x A.B (N) y", "A.B (N)" },
		{ "body contains \"a.b\"", "aXb", NULL },
		{ "body matches /\\Qé.\\E/", "xe.", "e." },
		{ "body matches /\\bpedido\\b/", "epedido", NULL },
		/* broken bytes neither match nor move the span */
		{ "body matches /ok/", "\xFF\xFE\xC3 ok", "ok" },
		{ "body matches /ok/ exact", "\xFF\xFE\xC3 ok", "ok" },
		{ "body matches /[à-ü]k/ exact", "ák", "ák" },
	};
	char span[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		const char *got = held(t[i].condition, t[i].body, span);

		if ((got == NULL) != (t[i].hit == NULL) ||
		    (got != NULL && strcmp(got, t[i].hit) != 0))
			fail_msg("%s on '%s': %s", t[i].condition, t[i].body,
				 got != NULL ? got : "nothing");
	}
}

static void
conditions_join(void **state)
{
	static const struct {
		const char *condition;
		bool holds;
	} t[] = {
		{ "channel is email", true },
		{ "channel is chat, email", true },
		{ "channel is chat", false },
		{ "not channel is chat", true },
		{ "mailbox is \"shop\"", true },
		{ "mailbox is \"Shop\"", false },
		{ "sender matches /@mail\\.example$/", true },
		{ "subject or body matches /subject/", true },
		{ "sender or body matches /subject/", false },
		{ "body matches /b/ or subject matches /x/ and body matches "
		  "/q/",
		  true },
		{ "(body matches /b/ or subject matches /x/) and body matches "
		  "/q/",
		  false },
		{ "not body matches /q/ and not (body matches /w/)", true },
	};
	char span[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		if ((held(t[i].condition, "a body and more text", span) !=
		     NULL) != t[i].holds)
			fail_msg("%s", t[i].condition);
}

static void
the_first_proposal_stands(void **state)
{
	struct book *b = trusted(
		"rule \"one\" { on contact via chat then queue \"b\" }\n"
		"rule \"two\" { on contact then queue \"a\", tag \"x\" }\n"
		"rule \"three\" { on contact then queue \"b\", priority high, "
		"tag \"x\", tag \"y\" }\n"
		"rule \"four\" { on contact if body matches /hol/ then reason "
		"other stop }\n"
		"rule \"five\" { on contact then policy \"p\" }\n"
		"calendar \"c\" { timezone \"UTC\" mon 00:00-24:00 }\n"
		"policy \"p\" { calendar \"c\" resolution 1h }\n");

	(void)state;
	run(b, NULL, "Hola");
	assert_int_equal(result.action_count, 5);
	assert_string_equal(result.actions[0].value, "a");
	assert_string_equal(result.actions[0].rule, "two");
	assert_int_equal(result.actions[1].kind, ACTION_TAG);
	assert_string_equal(result.actions[2].value, "high");
	assert_string_equal(result.actions[3].value, "y");
	assert_int_equal(result.actions[4].kind, ACTION_REASON);
	assert_int_equal(result.hit_count, 1);
	assert_string_equal(result.hits[0].rule, "four");
	assert_int_equal(result.hits[0].line, 6);
	assert_int_equal(result.hits[0].field, RULE_FIELD_BODY);
	assert_int_equal(result.hits[0].from, 0);
	assert_int_equal(result.hits[0].to, 3);
	assert_false(result.hits[0].cut);
	/* no stop without its pattern */
	run(b, NULL, "Adiós");
	assert_int_equal(result.action_count, 5);
	assert_int_equal(result.actions[4].kind, ACTION_POLICY);
	book_unref(&b);
}

static void
an_absent_field_matches_nothing(void **state)
{
	struct book *b = trusted("rule \"r\" { on contact if subject matches "
				 "/^/ then tag \"x\" }\n");
	struct rule_facts other = { .event = "order.delivered",
				    .text[RULE_FIELD_SUBJECT] = "x" };

	(void)state;
	run(b, NULL, NULL);
	assert_int_equal(result.action_count, 0);
	run(b, "", NULL);
	assert_int_equal(result.action_count, 1);
	rule_run(b, &other, &result);
	assert_int_equal(result.action_count, 0);
	book_unref(&b);
}

static void
long_fields_are_cut(void **state)
{
	struct book *b = trusted("rule \"end\" { on contact if body matches "
				 "/end/ then tag \"end\" }\n"
				 "rule \"start\" { on contact if body matches "
				 "/^start/ then tag \"start\" }\n");
	char *body = mem_new(RULE_SUBJECT_BYTES + 10, 1);

	(void)state;
	memset(body, '.', RULE_SUBJECT_BYTES + 9);
	memcpy(body, "start", 5);
	memcpy(body + RULE_SUBJECT_BYTES - 1, "end", 3);
	run(b, NULL, body);
	assert_int_equal(result.action_count, 1);
	assert_string_equal(result.actions[0].value, "start");
	assert_true(result.hits[0].cut);
	body[RULE_SUBJECT_BYTES - 1] = '.';
	memcpy(body + RULE_SUBJECT_BYTES - 3, "end", 3);
	body[RULE_SUBJECT_BYTES] = '\0';
	run(b, NULL, body);
	assert_int_equal(result.action_count, 2);
	assert_false(result.hits[0].cut);
	mem_free(body);
	book_unref(&b);
}

static void
a_match_limit_is_undecided(void **state)
{
	struct book *b = trusted(
		"rule \"bad\" { on contact if body matches /(a+)+b/ then tag "
		"\"bad\" }\n"
		"rule \"not bad\" { on contact if not body matches /(a+)+b/ "
		"then tag \"bad\" }\n"
		"rule \"either\" { on contact if body matches /(a+)+b/ or body "
		"matches /z/ then tag \"either\" }\n"
		"rule \"good\" { on contact if body matches /z b/ then tag "
		"\"good\" }\n");

	(void)state;
	book_patient(b, 60000000);
	run(b, NULL, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaz b");
	assert_int_equal(result.undecided_count, 2);
	assert_string_equal(result.undecided[0].rule, "bad");
	assert_string_equal(result.undecided[0].why, "match_limit");
	assert_string_equal(result.undecided[1].rule, "not bad");
	assert_int_equal(result.action_count, 2);
	assert_string_equal(result.actions[0].value, "either");
	assert_string_equal(result.actions[1].value, "good");
	book_unref(&b);
}

static void
past_the_budget_is_undecided(void **state)
{
	struct buf text;
	struct book *b;
	char *body = mem_new(RULE_SUBJECT_BYTES + 1, 1);
	size_t i;

	(void)state;
	/* quadratic: some milliseconds each, and 100 of them */
	buf_init(&text, 65536);
	for (i = 0; i < 100; i++)
		(void)buf_printf(&text,
				 "rule \"slow %zu\" { on contact if body "
				 "matches /(x|[a-z]+)[a-z]+@\\d/ then tag "
				 "\"t\" }\n",
				 i);
	(void)buf_puts(&text, "rule \"last\" { on contact then tag \"l\" }\n");
	memset(body, 'a', 3000);
	memset(body + 3000, '@', 10);
	memcpy(body + 3010, "0123456789", 10);
	b = trusted(buf_str(&text));
	run(b, NULL, body);
	assert_true(result.undecided_count > 0);
	assert_string_equal(result.undecided[result.undecided_count - 1].why,
			    "budget");
	assert_int_equal(result.action_count, 0);
	assert_true(result.spent_us > RULE_BUDGET_US);
	/* the next contact has a budget of its own */
	run(b, NULL, "short");
	assert_int_equal(result.undecided_count, 0);
	assert_int_equal(result.action_count, 1);
	book_unref(&b);
	buf_release(&text);
	mem_free(body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accents_are_folded_and_spans_true),
		cmocka_unit_test(conditions_join),
		cmocka_unit_test(the_first_proposal_stands),
		cmocka_unit_test(an_absent_field_matches_nothing),
		cmocka_unit_test(long_fields_are_cut),
		cmocka_unit_test(a_match_limit_is_undecided),
		cmocka_unit_test(past_the_budget_is_undecided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
