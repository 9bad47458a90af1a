/* Actions: what is proposed, with what a pattern captured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules/rule.h"
#include "tests/unit/book_help.h"

#define HEAD                                                                   \
	"queue \"a\" { team \"t\" }\nqueue \"b\" { }\n"                        \
	"team \"t\" { members \"ana@shop.example\" }\n"                        \
	"calendar \"c\" { timezone \"UTC\" mon-fri 09:00-18:00 }\n"            \
	"policy \"p\" { calendar \"c\" resolution 1h }\n"                      \
	"reply \"r\" { text \"Hola\" }\n"

static struct rule_result result;

static struct book *
book(const char *rules)
{
	char *text = mem_printf(HEAD "%s", rules);
	struct book *b = help_book(text);

	mem_free(text);
	return b;
}

static void
run(const struct book *b, const char *event, const char *body)
{
	struct rule_facts f = { .event = event };

	f.text[RULE_FIELD_BODY] = body;
	f.text[RULE_FIELD_CHANNEL] = "email";
	rule_run(b, &f, &result);
}

/* What was proposed: "queue=a tag=x notify=team/t/text snooze=/14400". */
static void
proposed(const char *want)
{
	struct buf out;
	size_t i;

	buf_init(&out, 65536);
	for (i = 0; i < result.action_count; i++) {
		const struct rule_action *a = &result.actions[i];

		(void)buf_printf(&out, "%s%s=%s", i != 0 ? " " : "",
				 rule_action_name(a->kind), a->value);
		if (a->more != NULL)
			(void)buf_printf(&out, "/%s", a->more);
		if (a->text != NULL)
			(void)buf_printf(&out, "/%s", a->text);
		if (a->seconds != 0)
			(void)buf_printf(&out, "/%lld", (long long)a->seconds);
	}
	if (strcmp(buf_str(&out), want) != 0)
		fail_msg("got  %s\nwant %s", buf_str(&out), want);
	buf_release(&out);
}

static void
every_action_is_proposed(void **state)
{
	struct book *b = book(
		"rule \"one\" { on contact then queue \"b\", team \"t\", "
		"assign \"ana@shop.example\", priority high, tag \"x\", untag "
		"\"y\", reason other, policy \"p\", state pending_customer, "
		"reply \"r\", note \"Look\", webhook \"erp\", link order "
		"\"1042\", notify team \"t\" \"Now\", notify agent "
		"\"eva@shop.example\" \"Then\" }\n"
		"rule \"two\" { on contact then send reply \"r\" once per "
		"customer in 7d }\n"
		"rule \"three\" { on contact then ask for order with \"r\", "
		"snooze 3d }\n");

	(void)state;
	run(b, "contact", "Hola");
	proposed("queue=b team=t assign=ana@shop.example priority=high tag=x "
		 "untag=y reason=other policy=p state=pending_customer reply=r "
		 "note=Look webhook=erp link_order=1042 notify=team/t/Now "
		 "notify=agent/eva@shop.example/Then send=r/604800 "
		 "ask_order=r/86400 snooze=/259200");
	assert_string_equal(result.actions[16].rule, "three");
	assert_int_equal(result.fired_count, 3);
	assert_int_equal(result.fired[2], 2);
	assert_int_equal(result.tried, 3);
	assert_null(result.stopped_by);
	book_unref(&b);
}

static void
first_stands_and_others_add_up(void **state)
{
	struct book *b = book(
		"rule \"one\" { on contact then assign nobody, snooze 1h, "
		"note \"a\", tag \"x\" }\n"
		"rule \"two\" { on contact if channel is email then assign "
		"\"ana@shop.example\", snooze 2h, note \"b\", note \"a\", tag \"x\", notify team "
		"\"t\" \"a\", notify team \"t\" \"b\", notify team \"t\" \"a\" "
		"stop }\n"
		"rule \"three\" { on contact then tag \"y\" }\n");

	(void)state;
	run(b, "contact", "Hola");
	proposed("assign= snooze=/3600 note=a tag=x note=b notify=team/t/a "
		 "notify=team/t/b");
	assert_string_equal(result.stopped_by, "two");
	assert_int_equal(result.tried, 2);
	book_unref(&b);
}

static void
captures_fill_texts(void **state)
{
	struct book *b = book(
		"rule \"one\" { on contact\n"
		" if body matches /pedido (?<order>\\d{4,})( de (?<who>\\w+))?/\n"
		" then link order {order}, note \"Pedido {order}, {sic\", tag "
		"\"p-{order}\", notify team \"t\" \"{order} de {who}\"\n"
		" example \"Mi pedido 1042\" }\n"
		"rule \"two\" { on contact if not body matches "
		"/(?<gone>xyz)/ then note \"{gone}\" example \"a\" }\n");

	(void)state;
	run(b, "contact", "El PEDIDO 1042 de Íñigo");
	proposed("link_order=1042 note=Pedido 1042, {sic tag=p-1042 "
		 "notify=team/t/1042 de Íñigo");
	/* what was not found is left out */
	run(b, "contact", "el pedido 77777.");
	proposed("link_order=77777 note=Pedido 77777, {sic tag=p-77777");
	run(b, "contact", "xyz");
	proposed("");
	book_unref(&b);
}

static void
captures_of_lists_and_exact_patterns(void **state)
{
	struct book *b = book(
		"list \"numbers\" { /no\\. (?<n>\\d+)/, /(?<n>[A-Z]\\d+)/ "
		"exact }\n"
		"rule \"one\" { on contact if body matches list \"numbers\" or "
		"body matches /(?<n>ñ+)/ exact then tag \"{n}\" example "
		"\"no. 1\" }\n");

	(void)state;
	run(b, "contact", "á no. 12 q3");
	proposed("tag=12");
	run(b, "contact", "áé Q3");
	proposed("tag=Q3");
	run(b, "contact", "áé ññ");
	proposed("tag=ññ");
	book_unref(&b);
}

static void
texts_have_a_ceiling(void **state)
{
	struct book *b;
	struct buf rules;
	size_t i;

	(void)state;
	buf_init(&rules, 1024 * 1024);
	(void)buf_puts(&rules,
		       "rule \"one\" { on contact if body matches /(?<n>\\d+)/ "
		       "then note \"1{n}");
	for (i = 0; i < 8100; i++)
		(void)buf_putc(&rules, 'x');
	(void)buf_puts(&rules, "\", note \"2{n} and more of this and that and "
			       "everything that does not fit any longer and so "
			       "is left out\", tag \"{n}\" example \"1\" }\n");
	b = book(buf_str(&rules));
	run(b, "contact", "12345");
	assert_int_equal(result.action_count, 2);
	assert_int_equal(result.actions[0].kind, ACTION_NOTE);
	assert_int_equal(strlen(result.actions[0].value), 8106);
	assert_string_equal(result.actions[1].value, "12345");
	assert_int_equal(result.undecided_count, 1);
	assert_string_equal(result.undecided[0].why, "text");
	/* a longer number is no capture */
	buf_clear(&rules);
	for (i = 0; i < RULE_CAPTURE_BYTES + 1; i++)
		(void)buf_putc(&rules, '1');
	run(b, "contact", buf_str(&rules));
	assert_int_equal(result.action_count, 0);
	book_unref(&b);
	buf_release(&rules);
}

static void
each_event_runs_its_rules(void **state)
{
	struct book *b = book(
		"rule \"c\" { on contact then tag \"contact\" }\n"
		"rule \"a\" { on answer via email then tag \"answer\" }\n"
		"rule \"s\" { on state then tag \"state\" }\n"
		"rule \"w\" { on clock.warning then tag \"clock.warning\" }\n"
		"rule \"b\" { on clock.breach then tag \"clock.breach\" }\n"
		"rule \"o1\" { on order.created then tag \"order.created\" }\n"
		"rule \"o2\" { on order.paid then tag \"order.paid\" }\n"
		"rule \"o3\" { on order.shipped then tag \"order.shipped\" }\n"
		"rule \"o4\" { on order.delivered then tag "
		"\"order.delivered\" }\n"
		"rule \"o5\" { on order.late then tag \"order.late\" }\n"
		"rule \"o6\" { on order.exception then tag "
		"\"order.exception\" }\n"
		"rule \"o7\" { on order.return then tag \"order.return\" }\n"
		"rule \"u\" { on undelivered then tag \"undelivered\", "
		"fallback }\n"
		"rule \"t1\" { on every hour then tag \"t1\" }\n"
		"rule \"t2\" { on 4h after solved via email then tag \"t2\" "
		"}\n");
	struct rule_facts f = { .event = "time" };
	size_t i;

	(void)state;
	for (i = 0; event_name(i) != NULL && 1U << i != EVENT_TIME; i++) {
		run(b, event_name(i), NULL);
		assert_int_equal(result.tried, 1);
		assert_int_equal(result.action_count,
				 1U << i == EVENT_UNDELIVERED ? 2 : 1);
		assert_string_equal(result.actions[0].value, event_name(i));
	}
	run(b, "nonsense", NULL);
	assert_int_equal(result.tried, 0);
	/* of time the named rule alone */
	rule_run(b, &f, &result);
	assert_int_equal(result.tried, 0);
	f.rule = "t1";
	rule_run(b, &f, &result);
	proposed("tag=t1");
	f.rule = "t2";
	rule_run(b, &f, &result);
	assert_int_equal(result.tried, 1);
	proposed("");
	f.text[RULE_FIELD_CHANNEL] = "email";
	rule_run(b, &f, &result);
	proposed("tag=t2");
	f.rule = "c";
	rule_run(b, &f, &result);
	assert_int_equal(result.tried, 0);
	book_unref(&b);
}

static void
actions_that_are_wrong(void **state)
{
	static const struct {
		const char *actions;
		const char *error;
	} t[] = {
		{ "asign nobody", "b:7:28: unexpected word 'asign' (did you "
				  "mean 'assign'?)\n" },
		{ "assign noone", "b:7:35: no such agent: 'noone' (assign "
				  "\"ana@shop.example\" or assign nobody)\n" },
		{ "state snoozed",
		  "b:7:34: no such state that a rule can set: 'snoozed' "
		  "(open, pending_customer, on_hold, solved, closed or "
		  "spam)\n" },
		{ "team \"x\"", "b:7:33: no team \"x\" in this book\n" },
		{ "send \"r\"",
		  "b:7:33: unexpected '\"r\"' (expected 'reply')\n" },
		{ "send reply \"s\"", "b:7:39: no reply \"s\" in this book\n" },
		{ "ask for order with \"s\"",
		  "b:7:47: no reply \"s\" in this book\n" },
		{ "notify team \"x\" \"y\"",
		  "b:7:40: no team \"x\" in this book\n" },
		{ "note \"{order}\"",
		  "b:7:33: nothing captures '{order}' (a pattern of the rule "
		  "finds it: (?<order>\\d{4,}))\n" },
		{ "link order {order}",
		  "b:7:40: nothing captures '{order}' (a pattern of the rule "
		  "finds it: (?<order>\\d{4,}))\n" },
		{ "snooze 0s", "b:7:35: a duration of nothing\n" },
		{ "snooze 1h, snooze 2h",
		  "b:7:46: a second 'snooze' in a rule (leave one of them "
		  "out)\n" },
		{ "tag \"a\" once per customer in 7d once per customer in 8d",
		  "b:7:81: a second 'once' (leave one of them out)\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		char *text =
			mem_printf(HEAD "rule \"x\" { on contact then %s }\n",
				   t[i].actions);
		char *got = help_errors(text);

		if (strcmp(got, t[i].error) != 0)
			fail_msg("%s\ngot  %s\nwant %s", t[i].actions, got,
				 t[i].error);
		mem_free(got);
		mem_free(text);
	}
}

static void
named_groups_have_a_ceiling(void **state)
{
	static const struct {
		int before; /* groups without a name */
		int named;
		const char *error;
	} t[] = {
		{ 62, 1, "" },
		{ 63, 1, "a named group behind 63 other groups" },
		{ 0, 16, "" },
		{ 0, 17, "a pattern with more than 16 named groups" },
	};
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf b;
		char *text;
		char *got;

		buf_init(&b, 4096);
		for (k = 0; k < t[i].before; k++)
			(void)buf_puts(&b, "(a)");
		for (k = 0; k < t[i].named; k++)
			(void)buf_printf(&b, "(?<n%d>b)", k);
		text = mem_printf(HEAD "rule \"x\" { on contact if not body "
				       "matches /%s/ then tag \"t\" example "
				       "\"c\" }\n",
				  buf_str(&b));
		got = help_errors(text);
		if (t[i].error[0] == '\0' ? got[0] != '\0'
					  : strstr(got, t[i].error) == NULL)
			fail_msg("%d, %d: %s", t[i].before, t[i].named, got);
		mem_free(got);
		mem_free(text);
		buf_release(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_action_is_proposed),
		cmocka_unit_test(first_stands_and_others_add_up),
		cmocka_unit_test(captures_fill_texts),
		cmocka_unit_test(captures_of_lists_and_exact_patterns),
		cmocka_unit_test(texts_have_a_ceiling),
		cmocka_unit_test(each_event_runs_its_rules),
		cmocka_unit_test(actions_that_are_wrong),
		cmocka_unit_test(named_groups_have_a_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
