#include "rules/fmt_scan.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "rules/complain.h"
#include "rules/tree.h"

struct scan {
	const char *s;
	size_t n;
	size_t at;
	struct loc loc;
	size_t lines; /* line ends since the last token */
	struct fmt_tokens *out;
	size_t room;
	struct book_errors *errs;
};

static void
scan_step(struct scan *sc, size_t n)
{
	for (; n > 0; n--, sc->at++) {
		if (sc->s[sc->at] == '\n') {
			sc->loc.line++;
			sc->loc.column = 1;
		} else if (((unsigned char)sc->s[sc->at] & 0xC0) != 0x80) {
			sc->loc.column++;
		}
	}
}

static void
scan_blanks(struct scan *sc)
{
	while (sc->at < sc->n && strchr(" \t\r\n", sc->s[sc->at]) != NULL &&
	       sc->s[sc->at] != '\0') {
		sc->lines += sc->s[sc->at] == '\n';
		scan_step(sc, 1);
	}
}

static void
scan_add(struct scan *sc, enum fmt_kind kind, size_t n)
{
	struct fmt_token *t;

	if (sc->out->n == sc->room) {
		sc->room = sc->room != 0 ? sc->room * 2 : 256;
		sc->out->at =
			mem_resize(sc->out->at, sc->room, sizeof *sc->out->at);
	}
	t = &sc->out->at[sc->out->n];
	t->kind = kind;
	t->s = sc->s + sc->at;
	t->n = n;
	t->line = sc->lines > 0 || sc->out->n == 0;
	t->blank = sc->lines > 1 && sc->out->n > 0;
	sc->out->n++;
	sc->lines = 0;
	scan_step(sc, n);
}

/* The length of what begins with an opening sign and ends with the same, a
 * backslash guarding what follows it; 0: it does not end in its line. */
static size_t
scan_quoted(const char *s, size_t n)
{
	size_t i;

	for (i = 1; i < n && s[i] != '\n'; i++) {
		if (s[i] == s[0])
			return i + 1;
		if (s[i] == '\\' && i + 1 < n && s[i + 1] != '\n')
			i++;
	}
	return 0;
}

static size_t
scan_block(const char *s, size_t n)
{
	size_t i;

	for (i = 3; i + 3 <= n; i++)
		if (memcmp(s + i, "\"\"\"", 3) == 0)
			return i + 3;
	return 0;
}

static bool
word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':' ||
	       c == '%' || (unsigned char)c >= 0x80;
}

/* A date holds dashes, a range of times does not: "09:00-14:00". */
static size_t
scan_word(const char *s, size_t n)
{
	size_t i = 0;
	size_t k;

	for (k = 0; k < 10 && k < n; k++)
		if (k == 4 || k == 7 ? s[k] != '-' : s[k] < '0' || s[k] > '9')
			break;
	if (k == 10)
		return 10;
	while (i < n && word_char(s[i]))
		i++;
	return i;
}

static void
scan_bad(struct scan *sc, const char *what, const char *hint, size_t n)
{
	complain(sc->errs, sc->loc, hint, "%s", what);
	scan_step(sc, n);
}

static size_t
rest_of_line(const struct scan *sc)
{
	const char *end = memchr(sc->s + sc->at, '\n', sc->n - sc->at);

	return end != NULL ? (size_t)(end - (sc->s + sc->at)) : sc->n - sc->at;
}

static void
scan_text(struct scan *sc, const char *s, size_t left)
{
	size_t n;

	if (left >= 3 && memcmp(s, "\"\"\"", 3) == 0) {
		n = scan_block(s, left);
		if (n != 0)
			scan_add(sc, FMT_BLOCK, n);
		else
			scan_bad(sc, "a text that does not end",
				 "close it with three quotes", left);
		return;
	}
	n = scan_quoted(s, left);
	if (n > 2 || (n == 2 && s[0] == '"'))
		scan_add(sc, s[0] == '"' ? FMT_STRING : FMT_PATTERN, n);
	else if (s[0] == '"')
		scan_bad(sc, "a string that does not end",
			 "close it with a quote", rest_of_line(sc));
	else
		scan_bad(sc, "a pattern that does not end", "close it with '/'",
			 rest_of_line(sc));
}

static void
scan_one(struct scan *sc)
{
	const char *s = sc->s + sc->at;
	size_t left = sc->n - sc->at;
	size_t n;

	if (*s == '#') {
		n = rest_of_line(sc);
		while (n > 1 && strchr(" \t\r", s[n - 1]) != NULL)
			n--;
		scan_add(sc, FMT_COMMENT, n);
	} else if (*s == '"' || *s == '/') {
		scan_text(sc, s, left);
	} else if ((*s == '<' || *s == '>') && left > 1 && s[1] == '=') {
		scan_add(sc, FMT_PUNCT, 2);
	} else if (*s != '\0' && strchr("{}(),-<>=", *s) != NULL) {
		scan_add(sc, FMT_PUNCT, 1);
	} else if ((n = scan_word(s, left)) != 0) {
		scan_add(sc, FMT_WORD, n);
	} else {
		scan_bad(sc, "a character that has no meaning here", NULL, 1);
	}
}

enum outcome
fmt_scan(const char *text, size_t n, struct fmt_tokens *out,
	 struct book_errors *errs)
{
	struct scan sc = {
		.s = text, .n = n, .loc = { 1, 1 }, .out = out, .errs = errs
	};

	out->at = NULL;
	out->n = 0;
	for (scan_blanks(&sc); sc.at < n; scan_blanks(&sc))
		scan_one(&sc);
	return errs->n == 0 ? OUT_OK : OUT_PERM;
}

void
fmt_tokens_release(struct fmt_tokens *t)
{
	mem_free(t->at);
	t->at = NULL;
	t->n = 0;
}

bool
fmt_is(const struct fmt_token *t, const char *s)
{
	return (t->kind == FMT_WORD || t->kind == FMT_PUNCT) &&
	       strlen(s) == t->n && memcmp(t->s, s, t->n) == 0;
}
