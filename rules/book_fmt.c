#include "rules/book_fmt.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "rules/block.h"
#include "rules/complain.h"
#include "rules/fmt_scan.h"

#define INDENT 4
#define ITEM_TOKENS_MAX 4096 /* of a one-line thing, or a line's length */
#define LINE_BYTES_MAX (BOOK_BYTES_MAX * 2)

/* Words that begin an item, by the word that begins the thing. */
static const struct {
	const char *thing;
	const char *items[12]; /* NULL at the end */
} things[] = {
	{ "queue", { "title", "team" } },
	{ "team", { "title", "members", "calendar" } },
	{ "list", { NULL } },
	{ "calendar", { "timezone", "closed", "on", NULL } }, /* and weekdays */
	{ "policy",
	  { "via", "calendar", "first", "next", "resolution", "proactive",
	    "claim", "pauses", "reopen", "warn", "escalate" } },
	{ "shop", { "title", "language", "since", "text" } },
	{ "rule", { "on", "if", "then", "once", "example", "counterexample" } },
	{ "reply", { "title", "language", "text", "template" } },
};

static const char *const weekdays[] = { "mon", "tue", "wed", "thu",
					"fri", "sat", "sun", NULL };

struct fmt {
	const struct fmt_tokens *t;
	size_t at;
	struct buf *out;
	size_t thing; /* index of things; past the last: unknown */
	struct book_errors *errs;
};

static bool
one_of(const struct fmt_token *t, const char *const *words)
{
	for (; *words != NULL; words++)
		if (fmt_is(t, *words))
			return true;
	return false;
}

static void
indent(struct buf *b, int n)
{
	(void)buf_printf(b, "%*s", n, "");
}

/* --- one line ------------------------------------------------------------- */

static bool
compares(const struct fmt_token *t)
{
	static const char *const signs[] = { "<", "<=", "=", ">=", ">", NULL };

	return one_of(t, signs);
}

/* Is there a blank between two tokens of an item? */
static bool
apart(const struct fmt_token *a, const struct fmt_token *b)
{
	if (fmt_is(b, ",") || fmt_is(b, ")") || fmt_is(a, "(") ||
	    fmt_is(a, "-") || fmt_is(a, "{") || fmt_is(b, "}"))
		return false;
	return !fmt_is(b, "-") || compares(a);
}

/* Does what is written end like a date that lacks its day, "2026-12"? A dash
 * right behind it would begin one. */
static bool
date_begun(const struct buf *b)
{
	static const char form[] = "0000-00";
	size_t n = sizeof form - 1;
	size_t i;

	for (i = 0; b->len >= n && i < n; i++) {
		char c = b->data[b->len - n + i];

		if (form[i] == '-' ? c != '-' : c < '0' || c > '9')
			return false;
	}
	return i == n;
}

/* The blank between two tokens of a line, where there is one. */
static void
gap_put(struct buf *b, const struct fmt_token *before,
	const struct fmt_token *t)
{
	if (apart(before, t) || (fmt_is(t, "-") && date_begun(b)))
		(void)buf_putc(b, ' ');
}

static void
block_put(struct buf *b, const struct fmt_token *t, int level)
{
	struct buf text;
	size_t i = 0;

	buf_init(&text, LINE_BYTES_MAX);
	block_text(t->s + 3, t->n - 6, &text);
	(void)buf_puts(b, "\"\"\"\n");
	while (i < text.len) {
		const char *end = memchr(text.data + i, '\n', text.len - i);
		size_t n = end != NULL ? (size_t)(end - (text.data + i))
				       : text.len - i;

		if (n > 0) {
			indent(b, level);
			(void)buf_add(b, text.data + i, n);
		}
		(void)buf_putc(b, '\n');
		i += n + 1;
	}
	indent(b, level);
	(void)buf_puts(b, "\"\"\"");
	buf_release(&text);
}

static void
token_put(struct buf *b, const struct fmt_token *t, int level)
{
	if (t->kind == FMT_BLOCK)
		block_put(b, t, level);
	else
		(void)buf_add(b, t->s, t->n);
}

/* --- an item ---------------------------------------------------------------- */

struct item {
	size_t from; /* tokens of the text, comments among them */
	size_t to;
};

/* The token of the item after i, comments passed over; item->to: none. */
static size_t
next_of(const struct fmt *f, const struct item *it, size_t i)
{
	do
		i++;
	while (i < it->to && f->t->at[i].kind == FMT_COMMENT);
	return i;
}

/* The length of a token in its line: of a text, its quotes alone. */
static size_t
width(const struct fmt_token *t)
{
	return t->kind == FMT_BLOCK ? 3 : t->n;
}

/* How long the item is in one line; a text of several lines ends it. */
static size_t
item_length(const struct fmt *f, const struct item *it)
{
	const struct fmt_token *before = NULL;
	size_t n = 0;
	size_t i;

	for (i = it->from; i < it->to; i = next_of(f, it, i)) {
		const struct fmt_token *t = &f->t->at[i];

		n += (before != NULL && apart(before, t)) + width(t);
		if (t->kind == FMT_BLOCK)
			return n;
		before = t;
	}
	return n;
}

/* Is the word where a field is asked for, as in "subject or body matches"? */
static bool
field_place(const struct fmt *f, const struct item *it, size_t i)
{
	static const char *const before[] = { "if",  "and", "or",
					      "not", "(",   NULL };

	if (i == it->from)
		return false;
	i--;
	while (i > it->from && f->t->at[i].kind == FMT_COMMENT)
		i--;
	if (fmt_is(&f->t->at[i], "header"))
		return field_place(f, it, i);
	return one_of(&f->t->at[i], before);
}

/* May a line of the item be broken between the token i and the next one? */
static bool
breaks(const struct fmt *f, const struct item *it, size_t i, size_t next)
{
	const struct fmt_token *a = &f->t->at[i];
	const struct fmt_token *b = &f->t->at[next];

	if (fmt_is(&f->t->at[it->from], "if"))
		return fmt_is(b, "and") ||
		       (fmt_is(b, "or") && !field_place(f, it, i));
	return fmt_is(a, ",");
}

/* The length from i up to the next place where a break is allowed. */
static size_t
stretch(const struct fmt *f, const struct item *it, size_t i)
{
	size_t n = 0;

	for (;;) {
		size_t next = next_of(f, it, i);

		n += width(&f->t->at[i]) + 1;
		if (next >= it->to || fmt_is(&f->t->at[i], ",") ||
		    f->t->at[i].kind == FMT_BLOCK)
			return n;
		i = next;
	}
}

static size_t
column(const struct buf *b)
{
	size_t n = 0;

	while (n < b->len && b->data[b->len - 1 - n] != '\n')
		n++;
	return n;
}

/* The item's own words, from where the line stands. */
static void
item_words(struct fmt *f, const struct item *it, int level)
{
	bool whole = column(f->out) + item_length(f, it) <= FMT_COLUMNS;
	bool cond = fmt_is(&f->t->at[it->from], "if");
	int depth = 0;
	size_t i = it->from;

	for (;;) {
		const struct fmt_token *t = &f->t->at[i];
		size_t next = next_of(f, it, i);

		depth += fmt_is(t, "(") - fmt_is(t, ")");
		token_put(f->out, t, level + INDENT);
		if (next >= it->to)
			return;
		if (!whole && breaks(f, it, i, next) &&
		    (cond ||
		     column(f->out) + stretch(f, it, next) > FMT_COLUMNS)) {
			(void)buf_putc(f->out, '\n');
			indent(f->out, level + INDENT + 2 * depth);
		} else {
			gap_put(f->out, t, &f->t->at[next]);
		}
		i = next;
	}
}

/* Comments before an item, or where there is none. */
static void
comment_put(struct fmt *f, const struct fmt_token *t, int level, bool first)
{
	if (t->blank && !first)
		(void)buf_putc(f->out, '\n');
	indent(f->out, level);
	(void)buf_add(f->out, t->s, t->n);
	(void)buf_putc(f->out, '\n');
}

/* The item with the comments inside of it before it, and the one at the end
 * of its last line behind it. */
static void
item_put(struct fmt *f, const struct item *it, int level, bool first,
	 const char *after)
{
	const struct fmt_token *t = f->t->at;
	bool blank = t[it->from].blank && !first;
	size_t i;

	for (i = it->from; i < it->to; i++) {
		if (t[i].kind != FMT_COMMENT)
			continue;
		if (blank)
			(void)buf_putc(f->out, '\n');
		blank = false;
		indent(f->out, level);
		(void)buf_add(f->out, t[i].s, t[i].n);
		(void)buf_putc(f->out, '\n');
	}
	if (blank)
		(void)buf_putc(f->out, '\n');
	indent(f->out, level);
	item_words(f, it, level);
	(void)buf_puts(f->out, after);
	if (f->at < f->t->n && t[f->at].kind == FMT_COMMENT && !t[f->at].line) {
		(void)buf_putc(f->out, ' ');
		(void)buf_add(f->out, t[f->at].s, t[f->at].n);
		f->at++;
	}
	(void)buf_putc(f->out, '\n');
}

/* --- where items begin -------------------------------------------------------- */

/* Does token i begin an item of the thing, when one has begun before? */
static bool
begins(const struct fmt *f, size_t from, size_t i)
{
	static const char *const before[] = { "text",   "template", "language",
					      "pauses", "reopen",   NULL };
	const struct fmt_token *t = f->t->at;
	size_t count = sizeof things / sizeof things[0];

	if (f->thing == count || t[i].kind != FMT_WORD)
		return false;
	if (strcmp(things[f->thing].thing, "calendar") == 0 &&
	    one_of(&t[i], weekdays))
		return !fmt_is(&t[i - 1], "-") && !fmt_is(&t[i - 1], ",");
	/* "escalate first response at ... then" */
	if (fmt_is(&t[from], "escalate")) {
		for (size_t k = from; k < i; k++)
			if (fmt_is(&t[k], "then"))
				return one_of(&t[i], things[f->thing].items);
		return false;
	}
	/* "on every weekday", "text en", "pauses resolution" */
	if (one_of(&t[i - 1], before))
		return false;
	return one_of(&t[i], things[f->thing].items);
}

/* The item that begins at f->at; f->at is behind it afterwards. */
static struct item
item_take(struct fmt *f)
{
	const struct fmt_token *t = f->t->at;
	struct item it = { .from = f->at };
	bool list = f->thing < sizeof things / sizeof things[0] &&
		    strcmp(things[f->thing].thing, "list") == 0;
	int depth = 0;
	size_t last = f->at; /* the last that is no comment */
	size_t i;

	for (i = f->at + 1; i < f->t->n; i++) {
		if (t[i].kind == FMT_COMMENT)
			continue;
		if ((fmt_is(&t[i], "}") && depth == 0) ||
		    (list && fmt_is(&t[i], ",")) || begins(f, it.from, i))
			break;
		depth += fmt_is(&t[i], "{") - fmt_is(&t[i], "}");
		last = i;
	}
	it.to = last + 1;
	f->at = it.to;
	return it;
}

/* --- a thing --------------------------------------------------------------------- */

/* Is what follows the open brace one or two short items without a comment,
 * so that it fits its line? */
static bool
short_thing(const struct fmt *f, size_t open)
{
	const struct fmt_token *t = f->t->at;
	size_t n = column(f->out) + 2;
	size_t i;

	if (f->thing > 1) /* queues and teams alone */
		return false;
	for (i = open + 1; i < f->t->n && i < open + ITEM_TOKENS_MAX; i++) {
		if (fmt_is(&t[i], "}"))
			return n + 2 <= FMT_COLUMNS;
		if (t[i].kind != FMT_WORD && t[i].kind != FMT_STRING &&
		    !fmt_is(&t[i], ","))
			return false;
		n += t[i].n + 1;
	}
	return false;
}

static void
thing_short(struct fmt *f)
{
	const struct fmt_token *t = f->t->at;

	(void)buf_puts(f->out, " {");
	while (!fmt_is(&t[f->at], "}")) {
		if (!fmt_is(&t[f->at], ","))
			(void)buf_putc(f->out, ' ');
		token_put(f->out, &t[f->at], 0);
		f->at++;
	}
	(void)buf_puts(f->out, " }");
}

/* The comma of a list's entry: all have one. */
static void
pass_comma(struct fmt *f)
{
	if (f->at < f->t->n && fmt_is(&f->t->at[f->at], ","))
		f->at++;
}

static void
thing_items(struct fmt *f)
{
	const struct fmt_token *t = f->t->at;
	bool list = f->thing < sizeof things / sizeof things[0] &&
		    strcmp(things[f->thing].thing, "list") == 0;
	bool first = true;

	while (f->at < f->t->n && !fmt_is(&t[f->at], "}")) {
		if (list && fmt_is(&t[f->at], ",")) {
			f->at++; /* behind a comment */
			continue;
		}
		if (t[f->at].kind == FMT_COMMENT) {
			comment_put(f, &t[f->at], INDENT, first);
			f->at++;
		} else {
			struct item it = item_take(f);

			if (list)
				pass_comma(f);
			item_put(f, &it, INDENT, first, list ? "," : "");
		}
		first = false;
	}
}

static size_t
thing_of(const struct fmt_token *t)
{
	size_t count = sizeof things / sizeof things[0];
	size_t i;

	for (i = 0; i < count; i++)
		if (fmt_is(t, things[i].thing))
			break;
	return i;
}

/* Behind the name of a file that is included: comments may stand before it. */
static size_t
include_end(const struct fmt *f)
{
	const struct fmt_token *t = f->t->at;
	size_t to = f->at + 1;

	while (to < f->t->n && t[to].kind == FMT_COMMENT)
		to++;
	return to < f->t->n && t[to].kind == FMT_STRING ? to + 1 : f->at + 1;
}

/* Behind the name of the thing at f->at: its brace, if it has one. */
static size_t
head_end(const struct fmt *f)
{
	const struct fmt_token *t = f->t->at;
	size_t to = f->at;

	if (fmt_is(&t[to], "include"))
		return include_end(f);
	while (to < f->t->n && !fmt_is(&t[to], "{"))
		to++;
	return to;
}

/* The comments in a thing's name, which go before it. false: none. */
static bool
head_comments(struct fmt *f, bool blank)
{
	const struct fmt_token *t = f->t->at;
	size_t to = head_end(f);
	bool some = false;
	size_t i;

	for (i = f->at; i < to; i++) {
		if (t[i].kind != FMT_COMMENT)
			continue;
		if (blank && !some)
			(void)buf_putc(f->out, '\n');
		some = true;
		(void)buf_add(f->out, t[i].s, t[i].n);
		(void)buf_putc(f->out, '\n');
	}
	return some;
}

/* Its name, up to the brace. false: it has no braces. */
static bool
head_put(struct fmt *f)
{
	const struct fmt_token *t = f->t->at;
	const struct fmt_token *before = NULL;
	size_t to = head_end(f);
	size_t i;

	for (i = f->at; i < to; i++) {
		if (t[i].kind == FMT_COMMENT)
			continue;
		if (before != NULL)
			gap_put(f->out, before, &t[i]);
		token_put(f->out, &t[i], 0);
		before = &t[i];
	}
	f->at = to;
	return to < f->t->n && fmt_is(&t[to], "{");
}

/* From its first word to its last brace. true: it is one line. */
static bool
thing_put(struct fmt *f)
{
	const struct fmt_token *t = f->t->at;
	bool brief;

	f->thing = thing_of(&t[f->at]);
	if (!head_put(f))
		return true;
	brief = short_thing(f, f->at);
	f->at++;
	if (brief) {
		thing_short(f);
	} else {
		(void)buf_puts(f->out, " {");
		if (f->at < f->t->n && t[f->at].kind == FMT_COMMENT &&
		    !t[f->at].line) {
			(void)buf_putc(f->out, ' ');
			(void)buf_add(f->out, t[f->at].s, t[f->at].n);
			f->at++;
		}
		(void)buf_putc(f->out, '\n');
		thing_items(f);
		(void)buf_putc(f->out, '}');
	}
	f->at++;
	return brief;
}

/* --- the book ------------------------------------------------------------------------ */

/* Braces in pairs, one in another only as in "link order {order}". */
static void
check_braces(const struct fmt_tokens *t, struct book_errors *errs)
{
	struct loc at = { 1, 1 };
	struct loc open = at;
	int depth = 0;
	size_t i;
	const char *s = t->n > 0 ? t->at[0].s : NULL;

	for (i = 0; i < t->n && errs->n == 0; i++) {
		for (; s < t->at[i].s; s++) {
			at.column += ((unsigned char)*s & 0xC0) != 0x80;
			if (*s == '\n')
				at = (struct loc){ at.line + 1, 1 };
		}
		depth += fmt_is(&t->at[i], "{") - fmt_is(&t->at[i], "}");
		if (depth == 1 && fmt_is(&t->at[i], "{"))
			open = at;
		if (depth < 0)
			complain(errs, at, "remove it, or open one before",
				 "a '}' without its '{'");
		else if (depth > 2)
			complain(errs, at, "close the thing before",
				 "braces inside of braces");
	}
	if (errs->n == 0 && depth > 0)
		complain(errs, open, "close it with '}'",
			 "a '{' without its '}'");
}

static void
book_put(struct fmt *f)
{
	const struct fmt_token *t = f->t->at;
	size_t before = SIZE_MAX; /* the thing before, if it was one line */
	bool comment = false;     /* what stands before is a comment */

	while (f->at < f->t->n) {
		const struct fmt_token *one = &t[f->at];
		size_t at = f->out->len;
		bool line;

		if (one->kind == FMT_COMMENT && !one->line && at > 0) {
			/* behind the last brace */
			f->out->len--;
			(void)buf_putc(f->out, ' ');
			(void)buf_add(f->out, one->s, one->n);
			(void)buf_putc(f->out, '\n');
			f->at++;
			continue;
		}
		if (one->kind != FMT_COMMENT &&
		    head_comments(f, at > 0 && (one->blank || !comment)))
			comment = true;
		else if (at > 0 && (one->blank ||
				    (!comment && (one->kind == FMT_COMMENT ||
						  before != thing_of(one)))))
			(void)buf_putc(f->out, '\n');
		comment = one->kind == FMT_COMMENT;
		if (comment) {
			(void)buf_add(f->out, one->s, one->n);
			f->at++;
		} else {
			at = f->out->len;
			before = thing_of(one);
			line = thing_put(f);
			if (!line)
				before = SIZE_MAX;
		}
		(void)buf_putc(f->out, '\n');
	}
}

/* The next token that counts: a list's last comma may come or go. */
static size_t
next_said(const struct fmt_tokens *t, size_t i, bool comments)
{
	while (i < t->n && ((t->at[i].kind == FMT_COMMENT) != comments ||
			    fmt_is(&t->at[i], ",")))
		i++;
	return i;
}

static bool
token_same(const struct fmt_token *a, const struct fmt_token *b)
{
	struct buf x;
	struct buf y;
	bool same;

	if (a->kind != b->kind)
		return false;
	if (a->kind != FMT_BLOCK)
		return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
	buf_init(&x, LINE_BYTES_MAX);
	buf_init(&y, LINE_BYTES_MAX);
	block_text(a->s + 3, a->n - 6, &x);
	block_text(b->s + 3, b->n - 6, &y);
	same = x.len == y.len &&
	       (x.len == 0 || memcmp(x.data, y.data, x.len) == 0);
	buf_release(&x);
	buf_release(&y);
	return same;
}

/* Does the new text say what the old one does? Nothing is trusted here: a
 * formatter that loses a word is worse than none. */
static bool
said_same(const struct fmt_tokens *a, const struct fmt_tokens *b, bool comments)
{
	size_t i = next_said(a, 0, comments);
	size_t k = next_said(b, 0, comments);

	while (i < a->n && k < b->n && token_same(&a->at[i], &b->at[k])) {
		i = next_said(a, i + 1, comments);
		k = next_said(b, k + 1, comments);
	}
	return i == a->n && k == b->n;
}

static void
check_same(const struct fmt_tokens *before, const struct buf *out, size_t from,
	   struct book_errors *errs)
{
	struct fmt_tokens after;
	struct loc top = { 1, 1 };

	if (fmt_scan(buf_str(out) + from, out->len - from, &after, errs) !=
		    OUT_OK ||
	    !said_same(before, &after, false) ||
	    !said_same(before, &after, true))
		complain(errs, top, "leave it as it is",
			 "a book that cannot be formatted without a change");
	fmt_tokens_release(&after);
}

enum outcome
book_fmt(const char *text, size_t n, struct buf *out, struct book_errors *errs)
{
	struct fmt_tokens tokens;
	struct fmt f = { .t = &tokens, .out = out, .errs = errs };
	size_t from = out->len;
	enum outcome o = fmt_scan(text, n, &tokens, errs);

	if (o == OUT_OK)
		check_braces(&tokens, errs);
	if (errs->n == 0)
		book_put(&f);
	if (errs->n == 0)
		check_same(&tokens, out, from, errs);
	fmt_tokens_release(&tokens);
	return errs->n == 0 ? OUT_OK : OUT_PERM;
}
