/* The table of fields and events, and a condition on each of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rules/rule.h"
#include "tests/unit/book_help.h"

#define HEAD                                                                   \
	"queue \"q\" { } team \"t\" { members \"a@shop.example\" }\n"          \
	"calendar \"c\" { timezone \"UTC\" mon-sun 00:00-24:00 }\n"            \
	"policy \"p\" { calendar \"c\" resolution 1h }\n"

static void
the_table_is_in_the_order_of_the_enum(void **state)
{
	int f;
	int g;

	(void)state;
	for (f = 0; f < RULE_FIELD_COUNT; f++) {
		const struct field_row *row = field_row((enum rule_field)f);

		assert_non_null(row);
		assert_int_equal(row->field, f);
		assert_ptr_equal(field_find(row->name), row);
		assert_string_equal(rule_field_name((enum rule_field)f),
				    row->name);
		assert_true(row->events != 0 && row->events <= EVENT_ALL);
		assert_true(row->about != NULL && row->about[0] != '\0');
		assert_true(row->kind == FIELD_WORD || row->words == NULL);
		for (g = 0; g < f; g++)
			assert_string_not_equal(
				rule_field_name((enum rule_field)g), row->name);
	}
	assert_null(field_find("colour"));
	assert_string_equal(rule_field_name(RULE_FIELD_COUNT), "time");
}

static void
events_are_bits(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; event_name(i) != NULL; i++)
		assert_int_equal(event_bit(event_name(i)), 1U << i);
	assert_int_equal(i, EVENT_NAMES);
	assert_int_equal(event_bit("contact"), EVENT_CONTACT);
	assert_int_equal(event_bit("clock.breach"), EVENT_CLOCK_BREACH);
	assert_int_equal(event_bit("order.return"), EVENT_ORDER_RETURN);
	assert_int_equal(event_bit("time"), EVENT_TIME);
	assert_int_equal(event_bit("Contact"), 0);
}

static void
currencies_and_languages(void **state)
{
	(void)state;
	assert_int_equal(field_currency_digits("EUR"), 2);
	assert_int_equal(field_currency_digits("MXN"), 2);
	assert_int_equal(field_currency_digits("JPY"), 0);
	assert_int_equal(field_currency_digits("KWD"), 3);
	assert_int_equal(field_currency_digits("eur"), -1);
	assert_int_equal(field_currency_digits("EURO"), -1);
	assert_int_equal(field_currency_digits(""), -1);
	assert_int_equal(field_currency_digits("F C"), -1);
	assert_true(field_is_language("es"));
	assert_true(field_is_language("ast"));
	assert_false(field_is_language("e"));
	assert_false(field_is_language("ES"));
	assert_false(field_is_language("es-MX"));
}

/* A condition that holds on the facts that go with it. */
static void
condition(const struct field_row *row, char *out, size_t n,
	  struct rule_facts *f)
{
	static const struct rule_pair header = { "X-Shop", "value" };
	static const struct rule_pair file = { "value", "value" };
	static const char *const tag = "value";
	const char *word = row->words != NULL                  ? row->words[0]
			   : row->thing == THING_QUEUE         ? "q"
			   : row->thing == THING_TEAM          ? "t"
			   : row->thing == THING_POLICY        ? "p"
			   : row->field == RULE_FIELD_LANGUAGE ? "is"
							       : "value";

	memset(f, 0, sizeof *f);
	f->event = "contact";
	f->has[row->field] = true;
	f->number[row->field] = 7200;
	switch (row->kind) {
	case FIELD_TEXT:
		(void)snprintf(out, n, "%s%s matches /value/", row->name,
			       row->field == RULE_FIELD_HEADER ? " \"x-shop\""
							       : "");
		f->text[row->field] = "value";
		f->headers = &header;
		f->header_count = 1;
		f->files = &file;
		f->file_count = 1;
		break;
	case FIELD_WORD:
		(void)snprintf(out, n,
			       row->quoted ? "%s is \"%s\"" : "%s is %s",
			       row->name, word);
		f->text[row->field] = word;
		f->tags = &tag;
		f->tag_count = 1;
		break;
	case FIELD_NUMBER:
		(void)snprintf(out, n, "%s = 7200", row->name);
		break;
	case FIELD_DURATION:
		(void)snprintf(out, n, "%s >= 2h", row->name);
		break;
	case FIELD_MONEY:
		(void)snprintf(out, n, "%s < 72.01 EUR", row->name);
		f->currency = "EUR";
		break;
	case FIELD_FLAG:
		(void)snprintf(out, n, "%s", row->name);
		break;
	}
}

static void
each_field_can_be_asked(void **state)
{
	struct rule_result *r = mem_new(1, sizeof *r);
	int f;

	(void)state;
	for (f = 0; f < RULE_FIELD_COUNT; f++) {
		const struct field_row *row = field_row((enum rule_field)f);
		struct rule_facts nothing = { .event = "contact" };
		struct rule_facts facts;
		struct book_errors errs = { 0 };
		struct book *b = NULL;
		char asked[100];
		char *text;

		condition(row, asked, sizeof asked, &facts);
		text = mem_printf(HEAD "rule \"r\" { on contact if %s then tag "
				       "\"x\" }\n"
				       "rule \"n\" { on contact if not %s then "
				       "tag \"y\" }\n",
				  asked, asked);
		if (book_read_trusted(text, strlen(text), &b, &errs) != OUT_OK)
			fail_msg("%s: %s", asked, errs.list[0].text);
		book_patient(b, HELP_PATIENCE_US);
		rule_run(b, &facts, r);
		if (r->action_count != 1 ||
		    strcmp(r->actions[0].value, "x") != 0)
			fail_msg("%s does not hold", asked);
		assert_int_equal(r->hit_count, 1);
		assert_int_equal(r->hits[0].field, f);
		/* what is absent matches nothing */
		rule_run(b, &nothing, r);
		if (r->action_count != 1 ||
		    strcmp(r->actions[0].value, "y") != 0)
			fail_msg("%s holds of nothing", asked);
		book_unref(&b);
		mem_free(text);
	}
	mem_free(r);
}

/* A book with a rule that asks for a word, and an example that has it. */
static void
written(const struct field_row *row, const char *word)
{
	/* an event on which the field is known */
	const char *event = (row->events & EVENT_CONTACT) != 0 ? "contact"
			    : (row->events & EVENT_STATE) != 0 ? "state"
			    : row->events == EVENT_ORDER_RETURN
				    ? "order.return"
				    : "clock.breach";
	char *text = mem_printf(
		HEAD "rule \"r\" { on %s if subject contains \"x\" and %s is "
		     "%s, %s then tag \"t\" example subject \"x\" %s %s body "
		     "\"y\" counterexample subject \"x\" }\n",
		event, row->name, word, word, row->name, word);

	book_unref(&(struct book *){ help_book(text) });
	mem_free(text);
}

static void
each_word_can_be_written(void **state)
{
	static const char *const languages[] = { "es",  "is",  "or",
						 "ast", "day", NULL };
	int f;
	size_t i;

	(void)state;
	for (f = 0; f < RULE_FIELD_COUNT; f++) {
		const struct field_row *row = field_row((enum rule_field)f);
		const char *const *words = row->field == RULE_FIELD_LANGUAGE
						   ? languages
						   : row->words;

		if (row->field == RULE_FIELD_CHANNEL)
			continue; /* an example always has one */
		for (i = 0; words != NULL && words[i] != NULL; i++)
			written(row, words[i]);
	}
}

static void
each_word_can_be_set(void **state)
{
	static const struct {
		const char *name;
		const char *const *words;
	} t[] = { { "reason", field_reasons },
		  { "priority", field_priorities } };
	size_t i;
	size_t k;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		for (k = 0; t[i].words[k] != NULL; k++) {
			char *text = mem_printf(
				HEAD "rule \"r\" { on contact via order then "
				     "%s %s }\n",
				t[i].name, t[i].words[k]);

			book_unref(&(struct book *){ help_book(text) });
			mem_free(text);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_in_the_order_of_the_enum),
		cmocka_unit_test(events_are_bits),
		cmocka_unit_test(currencies_and_languages),
		cmocka_unit_test(each_field_can_be_asked),
		cmocka_unit_test(each_word_can_be_written),
		cmocka_unit_test(each_word_can_be_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
