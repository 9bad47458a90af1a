/* Conditions of all kinds: what they say, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "rules/rule.h"
#include "tests/unit/book_help.h"

#define HEAD                                                                     \
	"queue \"a\" { }\n"                                                      \
	"list \"words\" { /ref(und|ound)/, \"a.b\", /más/ exact }\n"            \
	"calendar \"madrid\" { timezone \"Europe/Madrid\" mon-fri 09:00-14:00, " \
	"16:00-19:00 closed 2026-12-25 }\n"                                      \
	"calendar \"lima\" { timezone \"America/Lima\" mon-sun 22:00-02:00 }\n"

static struct rule_result result;

static const struct rule_pair headers[] = {
	{ "X-Spam-Flag", "YES" },
	{ "List-Id", "Noticias <news.shop.example>" },
	{ "x-spam-flag", "no" },
};
static const struct rule_pair files[] = {
	{ "factura 2026.pdf", "application/pdf" },
	{ "Foto.JPG", "image/jpeg" },
};
static const char *const tags[] = { "vip", "return" };

static struct rule_facts
facts(void)
{
	struct rule_facts f = { .event = "state",
				.headers = headers,
				.header_count = 3,
				.files = files,
				.file_count = 2,
				.tags = tags,
				.tag_count = 2,
				.currency = "EUR" };

	f.text[RULE_FIELD_SUBJECT] = "Refund, please";
	f.text[RULE_FIELD_BODY] = "I want a refound of order 1042";
	f.text[RULE_FIELD_CHANNEL] = "email";
	f.text[RULE_FIELD_LANGUAGE] = "es";
	f.text[RULE_FIELD_STATE] = "open";
	f.text[RULE_FIELD_ASSIGNEE] = "ana@shop.example";
	f.number[RULE_FIELD_ORDER_TOTAL] = 10050;
	f.has[RULE_FIELD_ORDER_TOTAL] = true;
	f.number[RULE_FIELD_MESSAGES] = 3;
	f.has[RULE_FIELD_MESSAGES] = true;
	f.number[RULE_FIELD_AGE] = 2 * 86400;
	f.has[RULE_FIELD_AGE] = true;
	f.number[RULE_FIELD_CLOCK_LEFT] = -1800;
	f.has[RULE_FIELD_CLOCK_LEFT] = true;
	f.has[RULE_FIELD_ROBOT] = true;
	f.number[RULE_FIELD_ASSIGNED] = 1;
	f.has[RULE_FIELD_ASSIGNED] = true;
	return f;
}

static struct book *
trusted(const char *rules)
{
	char *text = mem_printf(HEAD "%s", rules);
	struct book_errors errs = { 0 };
	struct book *b = NULL;

	if (book_read_trusted(text, strlen(text), &b, &errs) != OUT_OK)
		fail_msg("%d:%d: %s\n%s", errs.list[0].line,
			 errs.list[0].column, errs.list[0].text, text);
	mem_free(text);
	book_patient(b, HELP_PATIENCE_US);
	return b;
}

/* Does a condition hold? Its hits are in result. */
static bool
holds(const char *condition, const struct rule_facts *f)
{
	char *rule = mem_printf("rule \"r\" { on state if %s then tag "
				"\"t\" }",
				condition);
	struct book *b = trusted(rule);
	bool yes;

	rule_run(b, f, &result);
	yes = result.fired_count == 1;
	assert_int_equal(result.undecided_count, 0);
	assert_int_equal(result.tried, 1);
	book_unref(&b);
	mem_free(rule);
	return yes;
}

struct said {
	const char *condition;
	bool yes;
};

static void
compare(const struct said *t, size_t n, const struct rule_facts *f)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (holds(t[i].condition, f) != t[i].yes)
			fail_msg("%s", t[i].condition);
}

#define COMPARE(t, f) compare(t, sizeof(t) / sizeof *(t), f)

static void
words_and_tags(void **state)
{
	static const struct said t[] = {
		{ "state is open", true },
		{ "state is new, open, closed", true },
		{ "state is closed", false },
		{ "not state is closed and language is es", true },
		{ "language is is, or", false },
		{ "channel is order", false },
		{ "tag is \"vip\"", true },
		{ "tag is \"x\", \"return\"", true },
		{ "tag is \"VIP\"", false },
		{ "assignee is \"Ana@Shop.example\"", true },
		{ "assignee is \"eva@shop.example\"", false },
		{ "reason is other", false },
		{ "not reason is other", true },
	};
	struct rule_facts f = facts();

	(void)state;
	COMPARE(t, &f);
	assert_true(holds("tag is \"return\"", &f));
	assert_string_equal(result.hits[0].name, "return");
	assert_int_equal(result.hits[0].to, 6);
}

static void
numbers_durations_money(void **state)
{
	static const struct said t[] = {
		{ "messages = 3", true },
		{ "messages < 3", false },
		{ "messages <= 3", true },
		{ "messages > 2 and messages >= 3", true },
		{ "attachments >= 0", false },
		{ "not attachments >= 0", true },
		{ "age >= 2d", true },
		{ "age > 48h", false },
		{ "age < 2d1s", true },
		{ "clock.left < 0s", true },
		{ "clock.left >= -30m", true },
		{ "clock.left < -30m", false },
		{ "order.total >= 100.50 EUR", true },
		{ "order.total > 100.5 EUR", false },
		{ "order.total < 101 EUR", true },
		/* another currency is not compared */
		{ "order.total > 1 USD", false },
		{ "order.total <= 1 USD", false },
		{ "not order.total > 1 USD", true },
		{ "order.total < 100000000 JPY", false },
		{ "robot", false },
		{ "not robot", true },
		{ "assigned", true },
		{ "customer.known", false },
		{ "not customer.known", true },
		{ "assigned and not robot or customer.known", true },
	};
	struct rule_facts f = facts();

	(void)state;
	COMPARE(t, &f);
	f.currency = NULL;
	assert_false(holds("order.total > 1 EUR", &f));
}

static void
headers_files_and_lists(void **state)
{
	static const struct said t[] = {
		{ "header \"X-Spam-Flag\" matches /^yes$/", true },
		{ "header \"x-SPAM-flag\" contains \"NO\"", true },
		{ "header \"X-Spam\" matches /./", false },
		{ "header \"List-Id\" contains \"<news.\"", true },
		{ "subject or header \"List-Id\" contains \"noticias\"", true },
		{ "attachment.name matches /\\.pdf$/", true },
		{ "attachment.name matches /\\.jpe?g$/ exact", true },
		{ "attachment.type matches /^video/", false },
		{ "attachment.type or attachment.name contains \"jpeg\"",
		  true },
		{ "subject matches list \"words\"", true },
		{ "sender or body matches list \"words\"", true },
		{ "page matches list \"words\"", false },
		{ "header \"List-Id\" matches list \"words\"", false },
	};
	struct rule_facts f = facts();

	(void)state;
	COMPARE(t, &f);
	assert_true(holds("header \"X-Spam-Flag\" contains \"o\"", &f));
	assert_string_equal(result.hits[0].name, "x-spam-flag");
	assert_int_equal(result.hits[0].field, RULE_FIELD_HEADER);
	assert_int_equal(result.hits[0].from, 1);
	assert_true(holds("attachment.type contains \"image\"", &f));
	assert_string_equal(result.hits[0].name, "Foto.JPG");
	assert_true(holds("body matches list \"words\"", &f));
	assert_int_equal(result.hits[0].from, 9);
	assert_int_equal(result.hits[0].to, 16);
	f.text[RULE_FIELD_BODY] = "¿Qué más?";
	assert_true(holds("body matches list \"words\"", &f));
	f.text[RULE_FIELD_BODY] = "mas axb";
	assert_false(holds("body matches list \"words\"", &f));
}

static void
times_and_opening_hours(void **state)
{
	static const struct {
		const char *condition;
		const char *instant;
		bool yes;
	} t[] = {
		{ "time is 09:00-14:00", "2026-11-26T08:00:00Z", true },
		{ "time is 09:00-14:00", "2026-11-26T07:59:59Z", false },
		{ "time is 09:00-14:00", "2026-11-26T13:00:00Z", false },
		{ "time is 00:00-01:00, 13:00-24:00", "2026-11-26T22:59:59Z",
		  true },
		/* past midnight */
		{ "time is 22:00-06:00", "2026-11-26T21:00:00Z", true },
		{ "time is 22:00-06:00", "2026-11-26T04:59:59Z", true },
		{ "time is 22:00-06:00", "2026-11-26T05:00:00Z", false },
		{ "time is 22:00-23:00 in \"lima\"", "2026-11-26T03:30:00Z",
		  true },
		/* Thursday in Madrid, still Wednesday in Lima */
		{ "day is thu", "2026-11-26T03:30:00Z", true },
		{ "day is mon-wed, sun", "2026-11-26T03:30:00Z", false },
		{ "day is wed in \"lima\"", "2026-11-26T03:30:00Z", true },
		{ "open in \"madrid\"", "2026-11-26T08:00:00Z", true },
		{ "open in \"madrid\"", "2026-11-26T13:30:00Z", false },
		{ "open in \"madrid\"", "2026-12-25T10:00:00Z", false },
		{ "not open in \"madrid\" and open in \"lima\"",
		  "2026-11-26T06:59:00Z", true },
		/* summer: Madrid is two hours ahead */
		{ "time is 09:00-09:01", "2026-07-01T07:00:30Z", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct rule_facts f = { .event = "state" };
		int64_t ms = 0;

		assert_true(clock_parse(t[i].instant, &ms));
		f.now_s = ms / 1000;
		if (holds(t[i].condition, &f) != t[i].yes)
			fail_msg("%s at %s", t[i].condition, t[i].instant);
		/* when nobody knows what time it is */
		f.now_s = 0;
		if (strncmp(t[i].condition, "not", 3) != 0)
			assert_false(holds(t[i].condition, &f));
	}
}

static void
undecided_is_neither_yes_nor_no(void **state)
{
	static const struct {
		const char *condition;
		enum rule_verdict verdict;
	} t[] = {
		{ "body matches /(a+)+b/", RULE_UNDECIDED },
		{ "not body matches /(a+)+b/", RULE_UNDECIDED },
		{ "body matches list \"slow\"", RULE_UNDECIDED },
		{ "body matches list \"slow\" or robot", RULE_UNDECIDED },
		{ "body matches list \"slow\" and robot", RULE_NO },
		{ "body matches list \"slow\" or not robot", RULE_YES },
		{ "not (body matches list \"slow\" and robot)", RULE_YES },
	};
	struct rule_facts f = { .event = "contact" };
	struct rule_trace *trace = mem_new(1, sizeof *trace);
	size_t i;

	(void)state;
	f.text[RULE_FIELD_BODY] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa z b";
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		char *rule = mem_printf("list \"slow\" { /(a+)+b/, \"q\" }\n"
					"rule \"r\" { on contact if %s then "
					"tag \"t\" }",
					t[i].condition);
		struct book *b = trusted(rule);

		rule_run(b, &f, &result);
		rule_explain(b, &f, 0, trace);
		if (trace->verdict != t[i].verdict ||
		    result.undecided_count !=
			    (t[i].verdict == RULE_UNDECIDED) ||
		    result.fired_count != (t[i].verdict == RULE_YES))
			fail_msg("%s: %s", t[i].condition,
				 rule_verdict_name(trace->verdict));
		book_unref(&b);
		mem_free(rule);
	}
	mem_free(trace);
}

static void
a_rule_is_explained(void **state)
{
	struct book *b =
		trusted("rule \"r\" {\n"
			"  on state via email\n"
			"  if subject or body matches /ref(und)/ and\n"
			"     not (state is closed or customer.known)\n"
			"     and (messages > 5 or age > 1d or robot)\n"
			"  then tag \"t\"\n"
			"}\n"
			"rule \"s\" { on answer then tag \"t\" }\n");
	struct rule_facts f = facts();
	struct rule_trace *t = mem_new(1, sizeof *t);
	static const struct {
		const char *source;
		int line;
		int column;
		bool negated;
		enum rule_verdict verdict;
	} want[] = {
		{ "subject or body matches /ref(und)/", 8, 6, false, RULE_YES },
		{ "state is closed", 9, 11, true, RULE_NO },
		{ "customer.known", 9, 30, true, RULE_NO },
		{ "messages > 5", 10, 11, false, RULE_NO },
		{ "age > 1d", 10, 27, false, RULE_YES },
		{ "robot", 10, 39, false, RULE_NOT_ASKED },
	};
	size_t i;

	(void)state;
	rule_explain(b, &f, 0, t);
	assert_string_equal(t->rule, "r");
	assert_int_equal(t->verdict, RULE_YES);
	assert_null(t->why);
	assert_int_equal(t->n, sizeof want / sizeof *want);
	for (i = 0; i < t->n; i++) {
		const struct rule_trace_row *row = &t->rows[i];

		assert_int_equal(row->source_n, strlen(want[i].source));
		assert_memory_equal(row->source, want[i].source, row->source_n);
		assert_int_equal(row->line, want[i].line - 1);
		assert_int_equal(row->column, want[i].column);
		assert_int_equal(row->negated, want[i].negated);
		assert_int_equal(row->verdict, want[i].verdict);
		assert_int_equal(row->hit, row->verdict == RULE_YES);
	}
	assert_int_equal(t->rows[0].field, RULE_FIELD_SUBJECT);
	assert_int_equal(t->rows[0].to, 6);
	rule_run(b, &f, &result);
	assert_int_equal(result.hits[0].condition, 0);
	assert_int_equal(result.hits[1].condition, 4);
	/* another channel, another event */
	f.text[RULE_FIELD_CHANNEL] = "chat";
	rule_explain(b, &f, 0, t);
	assert_int_equal(t->verdict, RULE_NOT_ASKED);
	assert_string_equal(t->why, "via");
	assert_int_equal(t->rows[0].verdict, RULE_NOT_ASKED);
	rule_explain(b, &f, 1, t);
	assert_string_equal(t->why, "event");
	assert_int_equal(t->n, 0);
	mem_free(t);
	book_unref(&b);
}

static const struct {
	const char *condition;
	const char *error; /* columns are of the condition */
} wrong[] = {
	{ "custmer.known", "1: no such field: 'custmer.known' (did you mean "
			   "'customer.known'?)" },
	{ "custmer.known or subjet matches /a/",
	  "1: no such field: 'custmer.known' (did you mean "
	  "'customer.known'?)\n18: no such field: 'subjet' (did you "
	  "mean 'subject'?)" },
	{ "age matches /a/",
	  "1: 'age' is a duration (compare it with a duration: > "
	  "4h)" },
	{ "subject is \"a\"",
	  "1: 'subject' is a text (a text matches /pattern/, matches "
	  "list \"...\" or contains \"...\")" },
	{ "age > 3", "7: 'age' is compared with a duration: 20d" },
	{ "messages > 3h", "12: 'messages' is compared with a number: 20" },
	{ "messages > 3.5", "12: 'messages' is compared with a whole "
			    "number (compare it with a number: >= 3)" },
	{ "order.total > 3",
	  "15: an amount without a currency (write it like 100.00 "
	  "EUR)" },
	{ "order.total > 3 euro", "17: no such currency: 'euro' "
				  "(write it like 100.00 EUR)" },
	{ "order.total > 3.001 EUR",
	  "15: '3.001' is no amount of EUR: it has 2 digits after the "
	  "point" },
	{ "order.total > 3.5 JPY",
	  "15: '3.5' is no amount of JPY: it has 0 digits after the "
	  "point" },
	{ "state is opened", "10: no such state: 'opened' "
			     "(did you mean 'open'?)" },
	{ "state is \"open\"",
	  "10: 'state' is a word (write it without quotes)" },
	{ "queue is general", "10: 'queue' is a name (write it in quotes)" },
	{ "language is Spanish",
	  "13: no such language: 'Spanish' (languages are two or "
	  "three letters: es, en)" },
	{ "state or queue is open",
	  "10: only texts are joined before a comparison (write a "
	  "condition for each)" },
	{ "body matches list \"wrds\"",
	  "19: no list \"wrds\" in this book (did you mean "
	  "'words'?)" },
	{ "open in \"madird\"",
	  "9: no calendar \"madird\" in this book (did you mean "
	  "'madrid'?)" },
	{ "subject", "2: unexpected 'then' (expected 'is', 'matches', "
		     "'contains', 'or', '<', '<=', '=', '>=' and "
		     "others)" },
	{ "robot is yes",
	  "7: unexpected 'is' (expected 'on', 'if', 'then', 'example', 'counterexample', 'and', 'or', 'once' and others)" },
};

static void
conditions_that_are_wrong(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char *text = mem_printf(HEAD "rule \"r\" { on contact if\n%s\n "
					     "then tag \"t\" example \"a\" }",
					wrong[i].condition);
		struct book_errors errs = { 0 };
		struct book *b = NULL;
		struct buf out;
		size_t k;

		buf_init(&out, 65536);
		assert_int_equal(book_read(text, strlen(text), &b, &errs),
				 OUT_PERM);
		for (k = 0; k < errs.n; k++) {
			const struct book_error *e = &errs.list[k];

			(void)buf_printf(&out, "%s%d: %s", k != 0 ? "\n" : "",
					 e->column, e->text);
			if (e->hint != NULL)
				(void)buf_printf(&out, " (%s)", e->hint);
		}
		if (strcmp(buf_str(&out), wrong[i].error) != 0)
			fail_msg("%s\ngot  %s\nwant %s", wrong[i].condition,
				 buf_str(&out), wrong[i].error);
		buf_release(&out);
		book_errors_release(&errs);
		mem_free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_tags),
		cmocka_unit_test(numbers_durations_money),
		cmocka_unit_test(headers_files_and_lists),
		cmocka_unit_test(times_and_opening_hours),
		cmocka_unit_test(undecided_is_neither_yes_nor_no),
		cmocka_unit_test(a_rule_is_explained),
		cmocka_unit_test(conditions_that_are_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
