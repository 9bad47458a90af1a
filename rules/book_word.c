#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"
#include "rules/block.h"
#include "rules/book_build.h"
#include "rules/book_scan.h"
#include "rules/complain.h"

#define DURATION_MAX_S (INT64_C(4000) * 86400)

/* In the order of their names. */
static const struct keyword {
	const char *name;
	int token;
} keywords[] = {
	{ "after", AFTER },
	{ "agent", AGENT },
	{ "and", AND },
	{ "ask", ASK },
	{ "assign", ASSIGN },
	{ "at", AT },
	{ "breach", BREACH },
	{ "calendar", CALENDAR },
	{ "claim", CLAIM },
	{ "closed", CLOSED },
	{ "contains", CONTAINS },
	{ "counterexample", COUNTEREXAMPLE },
	{ "customer", CUSTOMER },
	{ "day", DAY },
	{ "days", DAYS },
	{ "escalate", ESCALATE },
	{ "every", EVERY },
	{ "exact", EXACT },
	{ "example", EXAMPLE },
	{ "fallback", FALLBACK },
	{ "first", FIRST },
	{ "for", FOR },
	{ "from", FROM },
	{ "header", HEADER },
	{ "if", IF },
	{ "in", IN },
	{ "include", INCLUDE },
	{ "is", IS },
	{ "language", LANGUAGE },
	{ "left", LEFT },
	{ "link", LINK },
	{ "list", LIST },
	{ "matches", MATCHES },
	{ "members", MEMBERS },
	{ "never", NEVER },
	{ "next", NEXT },
	{ "not", NOT },
	{ "note", NOTE },
	{ "notify", NOTIFY },
	{ "on", ON },
	{ "once", ONCE },
	{ "open", OPEN },
	{ "or", OR },
	{ "order", ORDER },
	{ "pauses", PAUSES },
	{ "per", PER },
	{ "policy", POLICY },
	{ "priority", PRIORITY },
	{ "proactive", PROACTIVE },
	{ "queue", QUEUE },
	{ "reason", REASON },
	{ "reopen", REOPEN },
	{ "reply", REPLY },
	{ "resolution", RESOLUTION },
	{ "response", RESPONSE },
	{ "rule", RULE },
	{ "send", SEND },
	{ "shop", SHOP },
	{ "since", SINCE },
	{ "snooze", SNOOZE },
	{ "state", STATE },
	{ "stop", STOP },
	{ "tag", TAG },
	{ "team", TEAM },
	{ "template", TEMPLATE },
	{ "text", TEXT },
	{ "then", THEN },
	{ "time", CLOCK_TIME },
	{ "timezone", TIMEZONE },
	{ "title", TITLE },
	{ "untag", UNTAG },
	{ "via", VIA },
	{ "warn", WARN },
	{ "webhook", WEBHOOK },
	{ "while", WHILE },
	{ "with", WITH },
	{ "working", WORKING },
};

void
word_step(struct build *p, const char *s, size_t n)
{
	size_t i;

	p->here.first = p->loc;
	p->here.from = p->at;
	for (i = 0; i < n; i++) {
		if (s[i] == '\n') {
			p->loc.line++;
			p->loc.column = 1;
		} else if (((unsigned char)s[i] & 0xC0) != 0x80) {
			p->loc.column++;
		}
	}
	p->at += n;
	p->here.last = p->loc;
	p->here.to = p->at;
}

void
word_bad(struct build *p, const char *s, size_t n, const char *what,
	 const char *hint)
{
	size_t cut = utf8_cut(s, n, 20);

	complain(p->errs, p->here.first, hint, "%s: '%.*s%s'", what, (int)cut,
		 s, cut < n ? "..." : "");
}

struct word
word_plain(struct build *p, const char *s, size_t n)
{
	struct word w = { .n = n, .at = p->here.first };

	w.text = arena_strndup(&p->book->arena, s, n);
	return w;
}

static int
by_name(const void *name, const void *keyword)
{
	return strcmp(name, ((const struct keyword *)keyword)->name);
}

int
word_token(struct build *p, const char *s, size_t n, union BOOK_YYSTYPE *value)
{
	static const char days[7][4] = { "mon", "tue", "wed", "thu",
					 "fri", "sat", "sun" };
	const struct field_row *row;
	const struct keyword *k;
	size_t i;

	for (i = 0; i < 7; i++)
		if (strcmp(days[i], s) == 0) {
			value->mask = (unsigned)i;
			return WEEKDAY;
		}
	k = bsearch(s, keywords, sizeof keywords / sizeof *keywords,
		    sizeof *keywords, by_name);
	if (k != NULL) {
		value->word.text = k->name;
		value->word.n = n;
		value->word.at = p->here.first;
		return k->token;
	}
	value->word = word_plain(p, s, n);
	row = field_find(s);
	if (row == NULL)
		return WORD;
	return row->kind == FIELD_FLAG ? FLAG : FIELD;
}

static struct word
ceiling(struct build *p, struct word w)
{
	if (w.n <= TREE_TEXT_BYTES)
		return w;
	complain(p->errs, w.at, "shorten it", "a text over %d KiB",
		 TREE_TEXT_BYTES / 1024);
	w.n = utf8_cut(w.text, w.n, TREE_TEXT_BYTES);
	w.text = arena_strndup(&p->book->arena, w.text, w.n);
	return w;
}

struct word
word_string(struct build *p, const char *s, size_t n)
{
	struct word w = word_plain(p, s, n);
	char *out = arena_strndup(&p->book->arena, s, n);
	struct loc at = w.at;
	size_t i;
	size_t o = 0;

	for (i = 0; i < n; i++) {
		at.column += ((unsigned char)s[i] & 0xC0) != 0x80;
		if (s[i] != '\\') {
			out[o++] = s[i];
			continue;
		}
		i++;
		switch (s[i]) {
		case 'n':
			out[o++] = '\n';
			break;
		case 't':
			out[o++] = '\t';
			break;
		case '"':
		case '\\':
			out[o++] = s[i];
			break;
		default:
			complain(p->errs, at,
				 "a backslash is written '\\\\' in a string",
				 "an unknown escape in a string");
			out[o++] = s[i];
			break;
		}
		at.column++;
	}
	out[o] = '\0';
	w.text = out;
	w.n = o;
	return ceiling(p, w);
}

struct word
word_block(struct build *p, const char *s, size_t n)
{
	struct word w = { .at = p->here.first };
	struct buf out;

	buf_init(&out, BOOK_BYTES_MAX);
	block_text(s, n, &out);
	w.n = out.len;
	w.text = arena_strndup(&p->book->arena, buf_str(&out), out.len);
	buf_release(&out);
	return ceiling(p, w);
}

int64_t
word_time(struct build *p, const char *s)
{
	int h = s[0] - '0';
	int m;

	if (s[1] != ':')
		h = h * 10 + (s[1] - '0');
	s = strchr(s, ':');
	m = (s[1] - '0') * 10 + (s[2] - '0');
	if (m > 59 || h > 24 || (h == 24 && m != 0)) {
		complain(p->errs, p->here.first, "times go from 00:00 to 24:00",
			 "no such time: %02d:%02d", h, m);
		return 0;
	}
	return h * 3600 + m * 60;
}

struct duration
word_duration(struct build *p, const char *s)
{
	struct duration d = { 0 };

	while (*s != '\0') {
		int64_t v = 0;
		int64_t unit;

		for (; *s >= '0' && *s <= '9'; s++)
			if (v <= DURATION_MAX_S)
				v = v * 10 + (*s - '0');
		unit = *s == 'd'   ? 86400
		       : *s == 'h' ? 3600
		       : *s == 'm' ? 60
				   : 1;
		d.days = d.days || *s == 'd';
		s++;
		if (v <= DURATION_MAX_S && d.s <= DURATION_MAX_S)
			d.s += v * unit;
	}
	if (d.s > DURATION_MAX_S) {
		complain(p->errs, p->here.first, NULL,
			 "a duration over 4000 days");
		d.s = 1;
	}
	return d;
}

int64_t
word_percent(struct build *p, const char *s)
{
	int64_t v = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		if (v < 1000)
			v = v * 10 + (*s - '0');
	if (v < 1 || v > 99) {
		complain(p->errs, p->here.first, "from 1% to 99%",
			 "a percentage out of range");
		return 50;
	}
	return v;
}
