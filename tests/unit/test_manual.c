/* postigo-book(5): every example of the page is read, and every name of the
 * language is in it. */
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
#include "rules/field.h"
#include "rules/reply.h"
#include "rules/rule.h"

#define PAGE_BYTES_MAX (256 * 1024)
#define BLOCKS_MAX 100

static char *page;
static char *blocks[BLOCKS_MAX]; /* literal ones, as a reader sees them */
static size_t block_count;

static void
add_line(struct buf *b, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		(void)buf_putc(b, s[i]);
		if (s[i] == '\\' && s[++i] != 'e')
			fail_msg("an escape in an example: %.*s", (int)n, s);
	}
	(void)buf_putc(b, '\n');
}

static void
find_blocks(void)
{
	const char *s = page;
	struct buf b;
	bool inside = false;

	buf_init(&b, PAGE_BYTES_MAX);
	while (*s != '\0') {
		size_t n = strcspn(s, "\n");

		if (strncmp(s, ".Bd -literal", 12) == 0) {
			inside = true;
		} else if (strncmp(s, ".Ed", 3) == 0) {
			assert_true(block_count < BLOCKS_MAX);
			blocks[block_count++] = buf_take(&b);
			inside = false;
		} else if (inside) {
			add_line(&b, s, n);
		}
		s += s[n] != '\0' ? n + 1 : n;
	}
	buf_release(&b);
}

/* A file of rules/; NULL if it cannot be read. */
static char *
read_file(const char *name)
{
	const char *src = getenv("POSTIGO_SRCDIR");
	char *path = mem_printf("%s/rules/%s", src != NULL ? src : "..", name);
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;

	mem_free(path);
	if (f == NULL)
		return NULL;
	text = mem_new(PAGE_BYTES_MAX, 1);
	n = fread(text, 1, PAGE_BYTES_MAX - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	return text;
}

static int
read_page(void **state)
{
	(void)state;
	page = read_file("postigo-book.5");
	if (page == NULL)
		return -1;
	find_blocks();
	return 0;
}

static int
free_page(void **state)
{
	(void)state;
	while (block_count > 0)
		mem_free(blocks[--block_count]);
	mem_free(page);
	return 0;
}

static bool
begins(const char *s, const char *word)
{
	size_t n = strlen(word);

	return strncmp(s, word, n) == 0 && (s[n] == ' ' || s[n] == '\n');
}

static bool
is_declaration(const char *block)
{
	static const char *const words[] = { "queue",    "team",   "list",
					     "calendar", "policy", "rule",
					     "reply",    "shop" };
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (begins(block, words[i]))
			return true;
	return false;
}

/* A piece of a rule, framed so that it is one. */
static void
add_rule(struct buf *b, const char *piece, int number)
{
	(void)buf_printf(b, "rule \"m%d\" {\n", number);
	if (begins(piece, "if"))
		(void)buf_printf(b, "on contact\n%sthen tag \"m%d\"\n", piece,
				 number);
	else if (begins(piece, "on"))
		(void)buf_printf(b, "%sthen tag \"m%d\"\n", piece, number);
	else
		(void)buf_printf(b,
				 "on contact if body contains \"m%d\"\n%s"
				 "example \"m%d\"\n",
				 number, piece, number);
	(void)buf_puts(b, "}\n");
}

/* The lines of a block; one that begins with a blank goes on. */
static void
add_pieces(struct buf *b, const char *block, int *number)
{
	while (*block != '\0') {
		size_t n = strcspn(block, "\n") + 1;
		char *piece;

		while (block[n] == ' ')
			n += strcspn(block + n, "\n") + 1;
		piece = mem_strndup(block, n);
		add_rule(b, piece, ++*number);
		mem_free(piece);
		block += n;
	}
}

/* Pieces need no example; all else is an error of the page. */
static void
check_errors(const struct book_errors *errs, const char *text)
{
	struct buf out;
	size_t i;

	buf_init(&out, PAGE_BYTES_MAX);
	for (i = 0; i < errs->n; i++) {
		const char *s = errs->list[i].text;

		if (strncmp(s, "rule \"m", 7) == 0 &&
		    strstr(s, "\" has no example") != NULL)
			continue;
		book_errors_print(errs, "page", &out);
		fail_msg("%s\n%s", buf_str(&out), text);
	}
	assert_int_equal(errs->dropped, 0);
	buf_release(&out);
}

static void
every_example_of_the_page_is_read(void **state)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf text;
	int pieces = 0;
	int declared = 0;
	size_t i;

	(void)state;
	buf_init(&text, PAGE_BYTES_MAX);
	for (i = 0; i < block_count; i++)
		if (is_declaration(blocks[i])) {
			(void)buf_puts(&text, blocks[i]);
			declared++;
		}
	/* alone, all of them are one good book */
	if (book_read(buf_str(&text), text.len, &b, &errs) != OUT_OK)
		check_errors(&errs, buf_str(&text));
	assert_int_equal(errs.n, 0);
	book_unref(&b);
	for (i = 0; i < block_count; i++) {
		const char *s = blocks[i];

		if (begins(s, "if") || begins(s, "on") || begins(s, "then"))
			add_pieces(&text, s, &pieces);
		else if (!is_declaration(s) && !begins(s, "include") &&
			 strncmp(s, "shop.book:", 10) != 0)
			fail_msg("an example of no known kind:\n%s", s);
	}
	if (book_read(buf_str(&text), text.len, &b, &errs) != OUT_OK)
		check_errors(&errs, buf_str(&text));
	book_unref(&b);
	book_errors_release(&errs);
	buf_release(&text);
	assert_true(declared >= 11);
	assert_true(pieces >= 50);
}

static void
the_first_example_is_a_book(void **state)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;

	(void)state;
	assert_int_equal(book_read(blocks[0], strlen(blocks[0]), &b, &errs),
			 OUT_OK);
	assert_int_equal(book_rule_count(b), 1);
	book_unref(&b);
}

static void
the_small_book_of_the_read_me_is_one(void **state)
{
	char *text = read_file("README.md");
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	char *from;
	char *to;

	(void)state;
	assert_non_null(text);
	from = strstr(text, "\n```\n");
	assert_non_null(from);
	from += 5;
	to = strstr(from, "\n```\n");
	assert_non_null(to);
	if (book_read(from, (size_t)(to + 1 - from), &b, &errs) != OUT_OK)
		check_errors(&errs, from);
	assert_int_equal(book_rule_count(b), 1);
	book_unref(&b);
	mem_free(text);
}

static void
the_diagnostic_is_a_true_one(void **state)
{
	static const char text[] = "queue \"q\" { }\n"
				   "rule \"r\" {\n"
				   "    on contact\n"
				   "    then reason refund_staus\n"
				   "}\n";
	const char *told = blocks[block_count - 1];
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf out;

	(void)state;
	buf_init(&out, PAGE_BYTES_MAX);
	assert_int_equal(book_read(text, strlen(text), &b, &errs), OUT_PERM);
	book_errors_print(&errs, "shop.book", &out);
	(void)buf_puts(&out, "        then reason refund_staus\n"
			     "                    ^\n");
	assert_string_equal(told, buf_str(&out));
	buf_release(&out);
	book_errors_release(&errs);
}

/* --- names --------------------------------------------------------------- */

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_' || c == '.';
}

/* Is a word in a text, whole? */
static bool
has_word(const char *text, const char *word)
{
	size_t n = strlen(word);
	const char *s = text;

	while ((s = strstr(s, word)) != NULL) {
		bool before = s == text || !name_char(s[-1]);
		/* a full stop may end a sentence */
		bool after = !name_char(s[n]) ||
			     (s[n] == '.' && !name_char(s[n + 1]));

		if (before && after)
			return true;
		s++;
	}
	return false;
}

static bool
is_described(const char *name)
{
	char *item = mem_printf("\n.It Ic %s", name);
	const char *s = page;
	size_t n = strlen(item);
	bool found = false;

	while (!found && (s = strstr(s, item)) != NULL) {
		s += n;
		found = *s == '\n' || *s == ' ';
	}
	mem_free(item);
	return found;
}

static bool
is_shown(const char *name)
{
	size_t i;

	for (i = 0; i < block_count; i++)
		if (has_word(blocks[i], name))
			return true;
	return false;
}

static void
every_field_is_described(void **state)
{
	int f;
	size_t i;

	(void)state;
	for (f = 0; f < RULE_FIELD_COUNT; f++) {
		const struct field_row *row = field_row((enum rule_field)f);

		if (!is_described(row->name))
			fail_msg("field '%s' is not described", row->name);
		if (!is_shown(row->name))
			fail_msg("field '%s' is in no example", row->name);
		for (i = 0; row->words != NULL && row->words[i] != NULL; i++)
			if (!has_word(page, row->words[i]))
				fail_msg("word '%s' of '%s' is not there",
					 row->words[i], row->name);
	}
}

static void
every_event_is_described(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; event_name(i) != NULL; i++) {
		const char *name = event_name(i);

		if (1U << i == EVENT_TIME)
			name = "every";
		if (!is_described(name))
			fail_msg("event '%s' is not described", name);
	}
	assert_true(is_described("after"));
}

/* An action as it is written. */
static const char *
written(enum rule_action_kind k)
{
	switch (k) {
	case ACTION_SEND:
		return "send reply";
	case ACTION_ASK_ORDER:
		return "ask for order with";
	case ACTION_LINK_ORDER:
		return "link order";
	case ACTION_NOTIFY:
		return "notify team";
	default:
		return rule_action_name(k);
	}
}

static void
every_action_is_described(void **state)
{
	int k;
	size_t i;

	(void)state;
	for (k = 0; k < ACTION_KIND_COUNT; k++) {
		const char *name = written((enum rule_action_kind)k);

		if (!is_described(name))
			fail_msg("action '%s' is not described", name);
		if (!is_shown(name) && k != ACTION_ASK_ORDER)
			fail_msg("action '%s' is in no example", name);
	}
	assert_true(is_described("notify agent"));
	for (i = 0; reply_variable_name(i) != NULL; i++)
		assert_true(has_word(page, reply_variable_name(i)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_of_the_page_is_read),
		cmocka_unit_test(the_first_example_is_a_book),
		cmocka_unit_test(the_small_book_of_the_read_me_is_one),
		cmocka_unit_test(the_diagnostic_is_a_true_one),
		cmocka_unit_test(every_field_is_described),
		cmocka_unit_test(every_event_is_described),
		cmocka_unit_test(every_action_is_described),
	};

	return cmocka_run_group_tests(tests, read_page, free_page);
}
