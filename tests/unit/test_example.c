/* Examples: what they may say of a contact, and how they decide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/book_help.h"

#define HEAD                                                                   \
	"queue \"q\" { }\n"                                                    \
	"calendar \"c\" { timezone \"Europe/Madrid\" mon-fri 09:00-14:00 }\n"

/* A rule's event, condition and examples. */
static char *
read_rule(const char *on, const char *condition, const char *examples)
{
	char *text = mem_printf(HEAD "rule \"r\" { on %s if subject contains "
				     "\"x\" and %s then tag \"t\"\n"
				     "example subject \"x\" %s }\n",
				on, condition, examples);
	char *got = help_errors(text);

	mem_free(text);
	return got;
}

struct shown {
	const char *on;
	const char *condition;
	const char *example;
	bool fires;
};

static const struct shown shown[] = {
	{ "contact", "channel is chat", "channel chat", true },
	{ "contact", "channel is chat", "", false },
	{ "contact via chat", "channel is chat", "", true },
	{ "contact", "sender matches /@b/", "from \"a@b.example\"", true },
	{ "contact", "sender matches /@b/", "sender \"a@b.example\"", true },
	{ "contact", "mailbox is \"m\"", "mailbox \"m\"", true },
	{ "contact", "language is is", "language is", true },
	{ "contact", "header \"X-A\" matches /1/", "header \"x-a\" \"1\"",
	  true },
	{ "contact", "header \"X-A\" matches /1/",
	  "header \"x-b\" \"1\" header \"x-a\" \"2\"", false },
	{ "contact", "attachment.name matches /\\.pdf$/",
	  "attachment.name \"a.jpg\" attachment.name \"b.pdf\"", true },
	{ "contact",
	  "attachment.name contains \"b\" and attachment.type contains "
	  "\"pdf\"",
	  "attachment.name \"b\" attachment.type \"application/pdf\"", true },
	{ "state", "tag is \"a\" and tag is \"b\"", "tag \"a\" tag \"b\"",
	  true },
	{ "state", "tag is \"a\"", "tag \"b\"", false },
	{ "state", "state is open", "state open", true },
	{ "state", "state is open and state.before is solved",
	  "state open state.before closed", false },
	{ "state", "messages >= 3", "messages 3", true },
	{ "state", "messages >= 3", "messages 2", false },
	{ "state", "age > 2d and waiting < 1h", "age 3d waiting 59m", true },
	{ "clock.breach", "clock.left < 0s", "clock.left -1h", true },
	{ "clock.breach", "clock.left < -1h", "clock.left -30m", false },
	{ "state", "order.total >= 100.00 EUR", "order.total 100 EUR", true },
	{ "state", "order.total >= 100.00 EUR", "order.total 100 USD", false },
	{ "contact", "customer.known", "customer.known", true },
	{ "contact", "customer.known", "not customer.known", false },
	{ "contact", "not customer.known", "not customer.known", true },
	{ "contact", "open in \"c\"", "at 2026-11-26 13:59", true },
	{ "contact", "open in \"c\"", "at 2026-11-26 14:00", false },
	{ "contact", "open in \"c\"", "", false },
	{ "contact", "time is 09:00-09:01", "at 2026-07-01 09:00", true },
	{ "contact", "day is sat", "at 2026-11-28 23:59", true },
	{ "every day at 09:00", "waiting > 2h", "waiting 3h", true },
	{ "4h after solved", "language is es", "language en", false },
};

static void
examples_decide(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof shown / sizeof *shown; i++) {
		const struct shown *s = &shown[i];
		char *got = read_rule(s->on, s->condition, s->example);
		bool fires = got[0] == '\0';

		if (fires != s->fires ||
		    (!fires &&
		     strstr(got, "does not fire on this example") == NULL))
			fail_msg("%s, %s, %s: %s", s->on, s->condition,
				 s->example, got);
		mem_free(got);
	}
}

static void
examples_that_are_wrong(void **state)
{
	static const struct {
		const char *example;
		const char *error; /* the part that must be said */
	} t[] = {
		{ "subject \"y\"", "the same field twice in an example" },
		{ "messages 3 messages 4",
		  "the same field twice in an example" },
		{ "robot not robot", "the same field twice in an example" },
		{ "at 2026-01-01 10:00 at 2026-01-01 11:00",
		  "the same field twice in an example" },
		{ "at 2026-02-30 10:00", "no such date: 2026-02-30" },
		{ "state opened", "no such state: 'opened' (did you mean "
				  "'open'?)" },
		{ "channel mail",
		  "no such channel: 'mail' (did you mean 'email'?)" },
		{ "messages many", "'messages' is a number" },
		{ "messages 3h", "'messages' is compared with a number" },
		{ "order.total 3", "an amount without a currency" },
		{ "age 3", "'age' is compared with a duration" },
		{ "state 3", "'state' is a word" },
		{ "mesages 3", "unexpected word 'mesages' (did you mean "
			       "'messages'?)" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		char *got = read_rule("state", "state is open", t[i].example);

		if (strstr(got, t[i].error) == NULL)
			fail_msg("%s\ngot  %s\nwant %s", t[i].example, got,
				 t[i].error);
		mem_free(got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_decide),
		cmocka_unit_test(examples_that_are_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
