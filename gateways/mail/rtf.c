#include "gateways/mail/rtf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/charset.h"

#define WORD_MAX 32
#define RUN_MAX ((size_t)64 * 1024) /* octets that wait for their charset */
#define NUMBER_MAX 1000000000

struct group {
	bool skip;   /* nothing in it is text */
	bool hidden; /* \htmlrtf: for readers of rich text alone */
	int after_u; /* characters that stand in for a \u */
};

struct reader {
	const char *p;
	size_t n, at;
	struct group stack[RTF_DEPTH_MAX];
	int depth;
	int deeper; /* groups beyond the ceiling */
	bool star;  /* \* was read: an unknown destination is skipped */
	bool html;
	int stand_in; /* characters still to skip after a \u */
	char charset[16];
	struct buf run; /* octets in that charset */
	struct buf *out;
};

struct control {
	char word[WORD_MAX];
	bool has_number;
	int32_t number;
};

static void
flush(struct reader *r)
{
	if (!r->run.len)
		return;
	charset_utf8(r->out, r->charset, strlen(r->charset), r->run.data,
		     r->run.len);
	buf_clear(&r->run);
}

static bool
is_silent(const struct reader *r)
{
	const struct group *g = &r->stack[r->depth];

	return g->skip || g->hidden || r->deeper > 0;
}

static void
put_octet(struct reader *r, char c)
{
	if (r->stand_in > 0) {
		r->stand_in--;
		return;
	}
	if (is_silent(r) || !c)
		return;
	if (r->run.len == r->run.max)
		flush(r);
	(void)buf_putc(&r->run, c);
}

static void
put_point(struct reader *r, uint32_t cp)
{
	r->stand_in = 0;
	if (is_silent(r) || !cp)
		return;
	flush(r);
	(void)utf8_put(r->out, cp >= 0xd800 && cp <= 0xdfff ? 0xfffd : cp);
}

/* A letter run and its number, with the blank that ends it. */
static void
read_control(struct reader *r, struct control *c)
{
	size_t k = 0;
	bool minus = false;

	memset(c, 0, sizeof(*c));
	while (r->at < r->n && ((r->p[r->at] >= 'a' && r->p[r->at] <= 'z') ||
				(r->p[r->at] >= 'A' && r->p[r->at] <= 'Z'))) {
		if (k + 1 < sizeof(c->word))
			c->word[k++] = r->p[r->at];
		r->at++;
	}
	if (r->at + 1 < r->n && r->p[r->at] == '-') {
		minus = true;
		r->at++;
	}
	while (r->at < r->n && r->p[r->at] >= '0' && r->p[r->at] <= '9') {
		if (c->number < NUMBER_MAX / 10)
			c->number = c->number * 10 + (r->p[r->at] - '0');
		c->has_number = true;
		r->at++;
	}
	if (minus)
		c->number = -c->number;
	if (r->at < r->n && r->p[r->at] == ' ')
		r->at++;
}

static bool
is_destination(const char *word)
{
	static const char *const words[] = {
		"fonttbl", "colortbl", "stylesheet", "info",
		"pict",    "object",   "header",     "footer",
		"headerl", "headerr",  "footerl",    "footerr",
		"author",  "title",    "revtbl",     "listtable",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* Words that stand for one character; 0: it is none of them. */
static uint32_t
character(const char *word)
{
	static const struct {
		const char *word;
		uint32_t cp;
	} table[] = {
		{ "par", '\n' },         { "line", '\n' },
		{ "row", '\n' },         { "cell", '\t' },
		{ "tab", '\t' },         { "emdash", 0x2014 },
		{ "endash", 0x2013 },    { "bullet", 0x2022 },
		{ "lquote", 0x2018 },    { "rquote", 0x2019 },
		{ "ldblquote", 0x201c }, { "rdblquote", 0x201d },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(table[i].word, word) == 0)
			return table[i].cp;
	return 0;
}

/* \bin: octets that are not read. */
static void
step(struct reader *r, int32_t n)
{
	if (n > 0)
		r->at += (size_t)n < r->n - r->at ? (size_t)n : r->n - r->at;
}

static void
obey(struct reader *r, const struct control *c)
{
	struct group *g = &r->stack[r->depth];
	uint32_t cp = character(c->word);

	if (cp) {
		put_point(r, cp);
	} else if (strcmp(c->word, "u") == 0 && c->has_number) {
		put_point(r, (uint32_t)(c->number < 0 ? c->number + 65536
						      : c->number) &
				     0xffff);
		r->stand_in = g->after_u;
	} else if (strcmp(c->word, "uc") == 0) {
		g->after_u = c->number >= 0 && c->number < 16 ? c->number : 1;
	} else if (strcmp(c->word, "ansicpg") == 0 && c->number > 0) {
		flush(r);
		(void)snprintf(r->charset, sizeof(r->charset), "CP%d",
			       (int)c->number % 100000);
	} else if (strcmp(c->word, "fromhtml") == 0) {
		r->html = true;
	} else if (strcmp(c->word, "htmlrtf") == 0) {
		flush(r);
		g->hidden = !c->has_number || c->number != 0;
	} else if (strcmp(c->word, "bin") == 0) {
		step(r, c->number);
	} else if (r->star ? !r->html || strcmp(c->word, "htmltag") != 0
			   : is_destination(c->word)) {
		g->skip = true;
	}
}

/* What follows a backslash. */
static void
read_escape(struct reader *r)
{
	struct control c;
	char what = r->at < r->n ? r->p[r->at] : '\0';

	if ((what >= 'a' && what <= 'z') || (what >= 'A' && what <= 'Z')) {
		read_control(r, &c);
		obey(r, &c);
		r->star = false;
		return;
	}
	r->at += r->at < r->n;
	if (what == '\'' && r->at + 2 <= r->n &&
	    hash_hex_digit(r->p[r->at]) >= 0 &&
	    hash_hex_digit(r->p[r->at + 1]) >= 0) {
		put_octet(r, (char)(hash_hex_digit(r->p[r->at]) << 4 |
				    hash_hex_digit(r->p[r->at + 1])));
		r->at += 2;
	} else if (what == '*') {
		r->star = true;
	} else if (what == '~') {
		put_point(r, 0xa0);
	} else if (what == '_') {
		put_point(r, 0x2011);
	} else if (what == '\n' || what == '\r') {
		put_point(r, '\n');
	} else if (what == '{' || what == '}' || what == '\\') {
		put_octet(r, what);
	}
}

static void
open_group(struct reader *r)
{
	r->stand_in = 0;
	if (r->depth + 1 < RTF_DEPTH_MAX && !r->deeper) {
		r->depth++;
		r->stack[r->depth] = r->stack[r->depth - 1];
	} else {
		r->deeper++;
	}
}

static void
close_group(struct reader *r)
{
	r->stand_in = 0;
	r->star = false;
	if (r->deeper)
		r->deeper--;
	else if (r->depth)
		r->depth--;
}

bool
rtf_read(struct buf *out, const char *p, size_t n, bool *html_out)
{
	struct reader r = { .p = p, .n = n, .out = out, .charset = "CP1252" };

	*html_out = false;
	if (n < 6 || memcmp(p, "{\\rtf", 5) != 0)
		return false;
	buf_init(&r.run, RUN_MAX);
	r.stack[0].after_u = 1;
	while (r.at < n && !out->full) {
		char c = p[r.at++];

		if (c == '{')
			open_group(&r);
		else if (c == '}')
			close_group(&r);
		else if (c == '\\')
			read_escape(&r);
		else if (c != '\r' && c != '\n')
			put_octet(&r, c);
	}
	flush(&r);
	buf_release(&r.run);
	*html_out = r.html;
	return true;
}
