#include "gateways/mail/net/guard.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/net.h"
#include "gateways/mail/net/stream.h"

#define HEAD_MAX 512
#define LIST_LITERAL_MAX 1000

/* Where we are in "{123}" CR LF. */
enum brace {
	BRACE_NONE,
	BRACE_DIGITS,
	BRACE_CLOSED,
	BRACE_CR
};

struct guard {
	struct stream *stream;
	size_t lines_max;
	size_t literal_max;
	size_t lines;
	size_t line_len; /* of the line and what follows its literals */
	char head[HEAD_MAX + 1];
	size_t head_len;
	int depth;
	enum brace brace;
	uint64_t number; /* in the brace */
	bool digits;
	size_t literal_left;
	bool leaving;
	bool continued;
	uint32_t exists;
	uint64_t news;
	enum guard_status status;
	struct buf words;
};

static bool
broken(struct guard *g, const char *what)
{
	stream_fail(g->stream, OUT_TEMP, NET_PROTOCOL,
		    "'%.100s' breaks the protocol: %s", stream_host(g->stream),
		    what);
	return false;
}

static bool
too_big(struct guard *g, const char *what)
{
	stream_fail(g->stream, OUT_TEMP, NET_TOO_BIG, "'%.100s' sends %s",
		    stream_host(g->stream), what);
	return false;
}

/* "* 12 EXISTS": the number and the word after it; NULL: not such a line. */
static const char *
numbered(const char *line, uint64_t *n_out)
{
	const char *at = line + 2;
	uint64_t n = 0;
	int digits = 0;

	if (line[0] != '*' || line[1] != ' ')
		return NULL;
	for (; isdigit((unsigned char)*at) && digits < 11; at++, digits++)
		n = n * 10 + (uint64_t)(*at - '0');
	if (digits == 0 || *at != ' ')
		return NULL;
	*n_out = n;
	return at + 1;
}

/* Is p the word, in any case, and then a blank or the end? */
static bool
word(const char *p, const char *w)
{
	size_t n = strlen(w);

	return strncasecmp(p, w, n) == 0 && (p[n] == '\0' || p[n] == ' ');
}

/* How long may a literal be at the end of this line? 0: it is none. */
static size_t
literal_room(const struct guard *g)
{
	uint64_t n;
	const char *w = numbered(g->head, &n);

	if (w != NULL && word(w, "FETCH"))
		return g->literal_max;
	if (strncmp(g->head, "* ", 2) == 0 && word(g->head + 2, "LIST"))
		return LIST_LITERAL_MAX;
	return 0;
}

static bool
may_have_literal(const struct guard *g)
{
	uint64_t n;
	const char *w = numbered(g->head, &n);

	return (w != NULL && word(w, "FETCH")) ||
	       (strncmp(g->head, "* ", 2) == 0 && word(g->head + 2, "LIST"));
}

static void
keep_words(struct guard *g, const char *p)
{
	buf_clear(&g->words);
	net_words(&g->words, p, strlen(p), GUARD_WORDS_MAX);
}

static bool
tagged(struct guard *g)
{
	const char *at = strchr(g->head, ' ');

	if (!isalnum((unsigned char)g->head[0]) || at == NULL)
		return broken(g, "a line that is no reply");
	at++;
	if (word(at, "OK"))
		g->status = GUARD_OK;
	else if (word(at, "NO"))
		g->status = GUARD_NO;
	else if (word(at, "BAD"))
		g->status = GUARD_BAD;
	else
		return broken(g, "a line that is no reply");
	at += strcspn(at, " ");
	keep_words(g, at);
	return true;
}

/* The end of a line, its literals included. */
static bool
line_end(struct guard *g)
{
	uint64_t n = 0;
	const char *w;

	g->head[g->head_len] = '\0';
	if (g->head_len > 0 && g->head[g->head_len - 1] == '\r')
		g->head[g->head_len - 1] = '\0';
	if (g->head[0] == '+') {
		g->continued = true;
		return true;
	}
	if (g->head[0] != '*')
		return tagged(g);
	w = numbered(g->head, &n);
	if (w != NULL && n > UINT32_MAX)
		return broken(g, "a number over 32 bits");
	if (w != NULL && word(w, "EXISTS")) {
		g->news += n > g->exists;
		g->exists = (uint32_t)n;
	} else if (w != NULL && word(w, "EXPUNGE")) {
		g->exists -= g->exists > 0;
	} else if (word(g->head + (g->head[1] == ' ' ? 2 : 1), "BYE") &&
		   !g->leaving) {
		keep_words(g, g->head + 5);
		stream_fail(g->stream, OUT_TEMP, NET_NETWORK,
			    "'%.100s' ended the session: '%s'",
			    stream_host(g->stream), buf_str(&g->words));
		return false;
	}
	return true;
}

static void
line_begin(struct guard *g)
{
	g->line_len = 0;
	g->head_len = 0;
	g->head[0] = '\0';
	g->depth = 0;
}

/* A line feed: a literal follows, or the line has ended. */
static bool
line_feed(struct guard *g)
{
	bool braced = g->brace == BRACE_CLOSED || g->brace == BRACE_CR;
	size_t room;
	bool ok;

	g->brace = BRACE_NONE;
	g->head[g->head_len] = '\0';
	if (braced && may_have_literal(g)) {
		room = literal_room(g);
		if (g->number > room)
			return too_big(g, "a longer literal than we asked for");
		g->literal_left = (size_t)g->number;
		return true;
	}
	if (++g->lines > g->lines_max)
		return too_big(g, "more lines than we asked for");
	ok = line_end(g);
	line_begin(g);
	return ok;
}

/* A number that would not fit counts as too large, not as none: libetpan
 * would take what is left of it. */
static void
track_brace(struct guard *g, char c)
{
	if (c == '{') {
		g->brace = BRACE_DIGITS;
		g->number = 0;
		g->digits = false;
	} else if (g->brace == BRACE_DIGITS && isdigit((unsigned char)c)) {
		if (g->number < UINT32_MAX)
			g->number = g->number * 10 + (uint64_t)(c - '0');
		g->digits = true;
	} else if (g->brace == BRACE_DIGITS && c == '}' && g->digits) {
		g->brace = BRACE_CLOSED;
	} else if (g->brace == BRACE_CLOSED && c == '\r') {
		g->brace = BRACE_CR;
	} else if (!(g->brace == BRACE_DIGITS && c == '+' && g->digits)) {
		g->brace = BRACE_NONE;
	}
}

static bool
octet(struct guard *g, char c)
{
	if (c == '\n')
		return line_feed(g);
	if (c == '\0')
		return broken(g, "a line with NUL");
	if (++g->line_len > GUARD_LINE_MAX)
		return too_big(g, "a line that is too long");
	if (g->head_len < HEAD_MAX)
		g->head[g->head_len++] = c;
	if (c == '(' || c == '[') {
		if (++g->depth > GUARD_DEPTH_MAX)
			return broken(g, "too many open parentheses");
	} else if ((c == ')' || c == ']') && g->depth > 0) {
		g->depth--;
	}
	track_brace(g, c);
	return true;
}

static bool
feed(void *ctx, const char *p, size_t n)
{
	struct guard *g = ctx;

	for (size_t i = 0; i < n;) {
		size_t k = n - i < g->literal_left ? n - i : g->literal_left;

		g->literal_left -= k;
		i += k;
		if (k == 0 && !octet(g, p[i++]))
			return false;
	}
	return true;
}

struct guard *
guard_new(struct stream *s)
{
	struct guard *g = mem_new(1, sizeof(*g));

	g->stream = s;
	g->lines_max = 100;
	buf_init(&g->words, GUARD_WORDS_MAX * 2);
	stream_set_watch(s, feed, g);
	return g;
}

void
guard_free(struct guard **g)
{
	if (*g == NULL)
		return;
	stream_set_watch((*g)->stream, NULL, NULL);
	buf_release(&(*g)->words);
	MEM_CLEAR(g);
}

void
guard_begin(struct guard *g, size_t lines_max, size_t literal_max)
{
	g->lines = 0;
	g->lines_max = lines_max;
	g->literal_max = literal_max;
	g->continued = false;
	g->status = GUARD_NONE;
	buf_clear(&g->words);
}

void
guard_leaving(struct guard *g)
{
	g->leaving = true;
}

void
guard_forget(struct guard *g)
{
	g->exists = 0;
}

uint32_t
guard_exists(const struct guard *g)
{
	return g->exists;
}

uint64_t
guard_news(const struct guard *g)
{
	return g->news;
}

bool
guard_continued(const struct guard *g)
{
	return g->continued;
}

enum guard_status
guard_status(const struct guard *g)
{
	return g->status;
}

const char *
guard_words(const struct guard *g)
{
	return buf_str(&g->words);
}
