/*
 * promises: what promises rest on, of the text of a book: its queues, teams,
 * calendars and policies. The rest, which is most of a book, is blanked out
 * before it is read.
 */

#include <stdbool.h>
#include <string.h>

#include "rules/promises.h"

/* A text that is walked token by token. */
struct cut {
	char *s;
	size_t n;
	size_t at;
};

/* Behind a string or pattern that begins at c->at and ends at the same
 * character, or at the end of its line. */
static void
pass_quoted(struct cut *c, char quote)
{
	c->at++;
	while (c->at < c->n && c->s[c->at] != quote && c->s[c->at] != '\n')
		c->at += c->s[c->at] == '\\' ? 2 : 1;
	c->at = c->at < c->n ? c->at + 1 : c->n;
}

/* Behind a text between three quotes. */
static void
pass_block(struct cut *c)
{
	const char *end =
		memmem(c->s + c->at + 3, c->n - c->at - 3, "\"\"\"", 3);

	c->at = end != NULL ? (size_t)(end - c->s) + 3 : c->n;
}

static void
pass_line(struct cut *c)
{
	const char *end = memchr(c->s + c->at, '\n', c->n - c->at);

	c->at = end != NULL ? (size_t)(end - c->s) : c->n;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	       ((unsigned char)c & 0x80) != 0;
}

/* Behind one token, comment or blank. */
static void
pass(struct cut *c)
{
	char first = c->s[c->at];

	if (first == '#')
		pass_line(c);
	else if (c->n - c->at >= 3 && memcmp(c->s + c->at, "\"\"\"", 3) == 0)
		pass_block(c);
	else if (first == '"' || first == '/')
		pass_quoted(c, first);
	else if (is_word(first))
		while (c->at < c->n && is_word(c->s[c->at]))
			c->at++;
	else
		c->at++;
}

/* Behind the thing that begins at c->at: its "}". */
static void
pass_thing(struct cut *c)
{
	int depth = 0;

	while (c->at < c->n) {
		char first = c->s[c->at];

		depth += (first == '{') - (first == '}');
		pass(c);
		if (first == '}' && depth <= 0)
			return;
	}
}

static bool
begins(const struct cut *c, const char *word)
{
	size_t n = strlen(word);

	return c->n - c->at > n && memcmp(c->s + c->at, word, n) == 0 &&
	       !is_word(c->s[c->at + n]);
}

static bool
left_out(const struct cut *c)
{
	static const char *const words[] = { "rule", "list", "reply", "shop" };
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (begins(c, words[i]))
			return true;
	return false;
}

void
promises_cut(char *s, size_t n)
{
	struct cut c = { .s = s, .n = n };
	size_t i;

	if (n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
		c.at = 3; /* a byte order mark */
	while (c.at < c.n) {
		size_t from = c.at;

		if (!left_out(&c)) {
			bool kept = is_word(c.s[from]);

			pass(&c);
			if (kept)
				pass_thing(&c);
			continue;
		}
		pass_thing(&c);
		for (i = from; i < c.at; i++)
			if (s[i] != '\n')
				s[i] = ' ';
	}
}
