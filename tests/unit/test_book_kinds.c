/* The kinds of things that a book holds, asked and compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/rule.h"
#include "tests/unit/book_help.h"

static const char whole[] =
	"queue \"general\" { title \"General\" team \"mesa\" }\n"
	"queue \"vip\" { }\n"
	"team \"mesa\" { title \"La mesa\" members \"ana@shop.example\", "
	"\"eva@shop.example\" }\n"
	"team \"noche\" { }\n"
	"list \"insultos\" { /idiota?s/, \"a.b\" exact, }\n"
	"calendar \"c\" { timezone \"Europe/Madrid\" mon-fri 09:00-14:00 }\n"
	"policy \"p\" {\n"
	"  calendar \"c\" first response 4h next response 8h resolution 16h\n"
	"  escalate first response at 75% then priority high, notify team "
	"\"mesa\" \"Queda poco\"\n"
	"  escalate next response 30m left then tag \"corre\"\n"
	"  escalate resolution at breach then queue \"vip\"\n"
	"  escalate first response 1h after breach then assign "
	"\"ana@shop.example\"\n"
	"  warn at 50%\n"
	"}\n"
	"shop policy \"devoluciones\" {\n"
	"  title \"Devoluciones\" language es since 2026-01-01\n"
	"  text \"\"\"\n"
	"    Treinta días.\n"
	"    \"\"\"\n"
	"  text en \"Thirty days.\"\n"
	"}\n"
	"reply \"hola\" {\n"
	"  title \"Saludo\" text es \"Hola, {customer.name}\" text en \"Hi\"\n"
	"  text is \"Halló\"\n"
	"  template es \"saludo\" header \"{shop.name}\" with "
	"\"{customer.name}\", \"x\"\n"
	"  template en \"greeting\"\n"
	"}\n"
	"reply \"viejo\" { language en text \"Old\" }\n"
	"rule \"uno\" { on contact via email, chat then tag \"a\" stop }\n"
	"rule \"dos\" { on every   weekday at\n 09:00 in \"c\" then tag \"b\" "
	"once per customer in 2d }\n";

static void
queues_and_teams(void **state)
{
	struct book *b = help_book(whole);
	const struct book_team *t;

	(void)state;
	assert_string_equal(book_queue(b, "general")->team, "mesa");
	assert_null(book_queue(b, "vip")->team);
	assert_string_equal(book_queue(b, "vip")->title, "vip");
	assert_int_equal(book_team_count(b), 2);
	t = book_team(b, "mesa");
	assert_ptr_equal(t, book_team_at(b, 0));
	assert_string_equal(t->title, "La mesa");
	assert_int_equal(t->member_count, 2);
	assert_string_equal(t->members[1], "eva@shop.example");
	assert_int_equal(book_team(b, "noche")->member_count, 0);
	assert_string_equal(book_team(b, "noche")->title, "noche");
	assert_null(book_team(b, "Mesa"));
	assert_int_equal(book_list_count(b), 1);
	assert_string_equal(book_list_at(b, 0)->name, "insultos");
	assert_int_equal(book_list_at(b, 0)->entry_count, 2);
	book_unref(&b);
}

static void
policies_escalate(void **state)
{
	struct book *b = help_book(whole);
	const struct book_policy *p = book_policy_at(b, 0);
	const struct book_escalation *const *e = p->escalations;

	(void)state;
	assert_int_equal(book_policy_count(b), 1);
	assert_ptr_equal(p, book_policy(b, "p"));
	assert_int_equal(p->warning_count, 1);
	assert_int_equal(p->escalation_count, 4);
	assert_int_equal(e[0]->clock, BOOK_CLOCK_FIRST_RESPONSE);
	assert_int_equal(e[0]->when, BOOK_AT_PERCENT);
	assert_int_equal(e[0]->percent, 75);
	assert_int_equal(e[0]->action_count, 2);
	assert_int_equal(e[0]->actions[0].kind, ACTION_PRIORITY);
	assert_string_equal(e[0]->actions[0].rule, "p");
	assert_int_equal(e[0]->actions[1].kind, ACTION_NOTIFY);
	assert_string_equal(e[0]->actions[1].value, "team");
	assert_string_equal(e[0]->actions[1].more, "mesa");
	assert_string_equal(e[0]->actions[1].text, "Queda poco");
	assert_int_equal(e[1]->clock, BOOK_CLOCK_NEXT_RESPONSE);
	assert_int_equal(e[1]->when, BOOK_LEFT);
	assert_int_equal(e[1]->seconds, 1800);
	assert_int_equal(e[2]->clock, BOOK_CLOCK_RESOLUTION);
	assert_int_equal(e[2]->when, BOOK_AT_BREACH);
	assert_int_equal(e[3]->when, BOOK_AFTER_BREACH);
	assert_int_equal(e[3]->seconds, 3600);
	assert_string_equal(e[3]->actions[0].value, "ana@shop.example");
	book_unref(&b);
}

static const char *
picked(const struct book_reply *r, const char *language, const char *desk)
{
	return book_text_in(r->texts, r->text_count, language, desk)->text;
}

static void
renders(const char *text, const struct reply_facts *f, const char *want)
{
	struct buf out;

	buf_init(&out, 1000);
	book_text_render(text, f, &out);
	assert_string_equal(buf_str(&out), want);
	buf_release(&out);
}

static void
a_variable_may_have_a_fallback(void **state)
{
	const struct reply_facts f = { .customer_name = "Eva",
				       .order_number = "",
				       .order_total = "61,80 €" };

	(void)state;
	renders("{customer.name|\"tú\"}: {order.number|\"tu pedido\"}, "
		"{order.total|\"?\"}{order.lines}{order.promised|\"\"}.",
		&f, "Eva: tu pedido, 61,80 €.");
	/* what is no variable is text */
	renders("{a|b} {x|\"y\" {customer.name}", &f, "{a|b} {x|\"y\" Eva");
	assert_true(book_text_asks_order("hola {order.number|\"x\"}"));
	assert_false(book_text_asks_order("hola {customer.name} order."));
	assert_true(book_text_asks_expected("{expected.answer|\"x\"}"));
}

static void
texts_have_languages(void **state)
{
	struct book *b = help_book(whole);
	const struct book_reply *r = book_reply(b, "hola");
	const struct book_shop_policy *s = book_shop_policy(b, "devoluciones");
	struct reply_facts f = { .customer_name = "Eva" };
	struct buf out;

	(void)state;
	assert_int_equal(r->text_count, 3);
	assert_string_equal(r->language, "es");
	assert_string_equal(picked(r, "en", "es"), "Hi");
	assert_string_equal(picked(r, "is", "es"), "Halló");
	assert_string_equal(picked(r, "fr", "en"), "Hi");
	assert_string_equal(picked(r, "fr", "de"), "Hola, {customer.name}");
	assert_string_equal(picked(r, NULL, NULL), "Hola, {customer.name}");
	buf_init(&out, 1000);
	book_text_render(picked(r, "es", NULL), &f, &out);
	assert_string_equal(buf_str(&out), "Hola, Eva");
	buf_release(&out);
	r = book_reply(b, "viejo");
	assert_int_equal(r->text_count, 1);
	assert_string_equal(r->language, "en");
	assert_string_equal(picked(r, "es", "es"), "Old");
	assert_int_equal(book_shop_policy_count(b), 1);
	assert_ptr_equal(s, book_shop_policy_at(b, 0));
	assert_string_equal(s->title, "Devoluciones");
	assert_string_equal(s->since, "2026-01-01");
	assert_int_equal(s->text_count, 2);
	assert_string_equal(s->texts[0].language, "es");
	assert_string_equal(s->texts[0].text, "Treinta días.");
	assert_string_equal(s->texts[1].language, "en");
	assert_null(book_shop_policy(b, "envíos"));
	book_unref(&b);
}

static void
templates_have_languages(void **state)
{
	struct book *b = help_book(whole);
	const struct book_reply *r = book_reply(b, "hola");
	const struct book_template *t = book_template_in(r, "es", "en");

	(void)state;
	assert_int_equal(r->template_count, 2);
	assert_string_equal(t->name, "saludo");
	assert_string_equal(t->header, "{shop.name}");
	assert_int_equal(t->value_count, 2);
	assert_string_equal(t->values[0], "{customer.name}");
	assert_string_equal(t->values[1], "x");
	assert_ptr_equal(book_template_in(r, "fr", NULL), t);
	t = book_template_in(r, "fr", "en");
	assert_string_equal(t->name, "greeting");
	assert_int_equal(t->value_count, 0);
	assert_null(t->header);
	assert_null(book_template_in(book_reply(b, "viejo"), "en", "en"));
	book_unref(&b);
}

static void
rules_are_listed(void **state)
{
	struct book *b = help_book(whole);
	size_t i = 9;

	(void)state;
	assert_int_equal(book_rule_count(b), 2);
	assert_string_equal(book_rule_at(b, 0)->name, "uno");
	assert_string_equal(book_rule_at(b, 0)->event, "contact");
	assert_string_equal(book_rule_at(b, 0)->on, "contact");
	assert_true(book_rule_at(b, 0)->stop);
	assert_int_equal(book_rule_at(b, 0)->once_s, 0);
	assert_true(book_rule_index(b, "dos", &i));
	assert_int_equal(i, 1);
	assert_false(book_rule_index(b, "tres", &i));
	assert_string_equal(book_rule_at(b, 1)->event, "time");
	assert_string_equal(book_rule_at(b, 1)->on,
			    "every weekday at 09:00 in \"c\"");
	assert_int_equal(book_rule_at(b, 1)->once_s, 172800);
	assert_int_equal(book_timed(b, 0)->rule_index, 1);
	assert_ptr_equal(book_timed(b, 0)->calendar, book_calendar(b, "c"));
	book_unref(&b);
}

/* The whole book with one part of it replaced: what is said to differ. */
static void
differs(const char *part, const char *by, const char *want)
{
	const char *at = strstr(whole, part);
	struct book *before = help_book(whole);
	struct book *after;
	struct buf out;
	char *text;

	assert_non_null(at);
	text = mem_printf("%.*s%s%s", (int)(at - whole), whole, by,
			  at + strlen(part));
	after = help_book(text);
	buf_init(&out, 65536);
	book_diff(before, after, &out);
	if (strcmp(buf_str(&out), want) != 0)
		fail_msg("'%s' for '%s'\ngot  %s\nwant %s", by, part,
			 buf_str(&out), want);
	buf_release(&out);
	mem_free(text);
	book_unref(&before);
	book_unref(&after);
}

static void
differences_are_told(void **state)
{
	(void)state;
	differs("team \"mesa\" }", "team \"noche\" }",
		"~ queue \"general\": team mesa -> noche\n");
	differs("team \"noche\" { }", "team \"tarde\" { }",
		"- team \"noche\"\n+ team \"tarde\"\n");
	differs(", \"eva@shop.example\"", "",
		"~ team \"mesa\": members ana@shop.example, eva@shop.example "
		"-> ana@shop.example\n");
	differs("\"a.b\" exact", "\"a.b\"",
		"~ list \"insultos\": entries /idiota?s/, \"a.b\" exact -> "
		"/idiota?s/, \"a.b\"\n");
	differs("30m left then tag \"corre\"", "30m left then tag \"ya\"",
		"~ policy \"p\": escalate next response 30m left tag "
		"\"corre\" -> tag \"ya\"\n");
	differs("text en \"Hi\"", "text pt \"Oi\"",
		"~ reply \"hola\": text pt nothing -> Oi\n"
		"~ reply \"hola\": text en Hi -> nothing\n");
	differs("greeting", "hello",
		"~ reply \"hola\": template en greeting -> hello\n");
	differs(", \"x\"", ", \"y\"",
		"~ reply \"hola\": template es saludo header \"{shop.name}\" "
		"with \"{customer.name}\", \"x\" -> saludo header "
		"\"{shop.name}\" with \"{customer.name}\", \"y\"\n");
	differs("since 2026-01-01", "since 2026-02-01",
		"~ shop policy \"devoluciones\": since 2026-01-01 -> "
		"2026-02-01\n");
	differs("in 2d }", "in 3d }",
		"~ rule \"dos\": once per customer in 48h -> 72h\n");
	differs("weekday", "day",
		"~ rule \"dos\": on every weekday at 09:00 in \"c\" via every "
		"channel -> every day at 09:00 in \"c\" via every channel\n");
	differs("weekday", "weekday", "");
}

static void
kinds_that_are_wrong(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} t[] = {
		{ "queue \"q\" { team \"t\" }",
		  "b:1:18: no team \"t\" in this book\n" },
		{ "queue \"q\" { } team \"t\" { members }",
		  "b:1:34: unexpected '}' (expected a string in quotes)\n" },
		{ "queue \"q\" { } list \"l\" { }",
		  "b:1:20: list \"l\" is empty (/pattern/, \"text\")\n" },
		{ "queue \"q\" { } list \"l\" { a }",
		  "b:1:26: unexpected word 'a' (expected a string in quotes, a "
		  "/pattern/ or '}')\n" },
		{ "queue \"q\" { } shop policy \"s\" { since 2026-02-30 text "
		  "\"a\" }",
		  "b:1:39: no such date: 2026-02-30 (dates are written "
		  "2026-12-25)\n" },
		{ "queue \"q\" { } shop policy \"s\" { title \"a\" }",
		  "b:1:27: shop policy \"s\" has no text (text \"...\")\n" },
		{ "queue \"q\" { } shop polcy \"s\" { }",
		  "b:1:20: unexpected word 'polcy' (did you mean "
		  "'policy'?)\n" },
		{ "queue \"q\" { } reply \"r\" { text es \"a\" text es \"b\" }",
		  "b:1:44: a second text in 'es' (leave one of them out)\n" },
		{ "queue \"q\" { } reply \"r\" { text Es \"a\" }",
		  "b:1:32: no such language: 'Es' (languages are two or three "
		  "letters: es, en)\n" },
		{ "queue \"q\" { } include \"other.book\"",
		  "b:1:23: an include that nobody has followed: "
		  "\"other.book\" (files are put together when a book is read "
		  "from disk)\n" },
		{ "queue \"q\" { } calendar \"c\" { timezone \"UTC\" mon "
		  "09:00-10:00 } policy \"p\" { calendar \"c\" resolution 1h "
		  "escalate resolution at 75% then tag \"{n}\", stop }",
		  "b:1:139: nothing captures '{n}' (a pattern of the rule "
		  "finds it: (?<order>\\d{4,}))\nb:1:146: 'stop' in an "
		  "escalation (it stops rules alone)\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		char *got = help_errors(t[i].text);

		if (strcmp(got, t[i].error) != 0)
			fail_msg("%s\ngot  %s\nwant %s", t[i].text, got,
				 t[i].error);
		mem_free(got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queues_and_teams),
		cmocka_unit_test(policies_escalate),
		cmocka_unit_test(a_variable_may_have_a_fallback),
		cmocka_unit_test(texts_have_languages),
		cmocka_unit_test(templates_have_languages),
		cmocka_unit_test(rules_are_listed),
		cmocka_unit_test(differences_are_told),
		cmocka_unit_test(kinds_that_are_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
