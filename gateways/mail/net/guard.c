#include "gateways/mail/net/guard.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/net.h"
#include "gateways/mail/net/sieve.h"
#include "gateways/mail/net/stream.h"

#define READ_SIZE ((size_t)16 * 1024)
#define LIST_LITERAL_MAX 1000

struct guard {
	struct stream *stream;
	char in[READ_SIZE];
	size_t in_at;
	size_t in_len;
	struct buf line; /* the one that is being read */
	struct buf out;  /* what libetpan gets next */
	size_t out_at;
	size_t literal_left;
	struct sieve sieve;
	bool greeted;
	bool leaving;
	size_t lines;
	size_t lines_max;
	size_t literal_max;
	bool continued;
	uint32_t exists;
	uint32_t uidvalidity;
	uint32_t uidnext;
	uint64_t modseq;
	bool read_only;
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

/* --- octets to lines ----------------------------------------------------- */

static bool
fill(struct guard *g)
{
	ssize_t n;

	if (g->in_at < g->in_len)
		return true;
	n = stream_read(g->stream, g->in, sizeof(g->in));
	g->in_at = 0;
	g->in_len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* The next line into g->line, without its end. false: dead. */
static bool
next_line(struct guard *g)
{
	const char *from, *lf = NULL;
	size_t n;

	buf_clear(&g->line);
	while (lf == NULL) {
		if (!fill(g))
			return false;
		from = g->in + g->in_at;
		n = g->in_len - g->in_at;
		lf = memchr(from, '\n', n);
		if (lf != NULL)
			n = (size_t)(lf - from);
		if (!buf_add(&g->line, from, n))
			return too_big(g, "a line that is too long");
		g->in_at += n + (lf != NULL);
	}
	if (++g->lines > g->lines_max)
		return too_big(g, "more lines than we asked for");
	if (g->line.len > 0 && g->line.data[g->line.len - 1] == '\r')
		g->line.data[--g->line.len] = '\0';
	if (g->line.len > 0 && (memchr(g->line.data, '\0', g->line.len) ||
				memchr(g->line.data, '\r', g->line.len)))
		return broken(g, "a line with NUL or CR");
	return true;
}

/* --- what lines tell ----------------------------------------------------- */

static void
keep_words(struct guard *g, const char *p)
{
	buf_clear(&g->words);
	net_words(&g->words, p, strlen(p), GUARD_WORDS_MAX);
}

/* "[HIGHESTMODSEQ 715194045007]", below 2^63 (RFC 7162); else 0. */
static uint64_t
modseq_of(const char *p)
{
	static const char word[] = "[HIGHESTMODSEQ ";
	unsigned long long n;
	char *end;

	if (strncasecmp(p, word, sizeof(word) - 1) != 0 ||
	    !isdigit((unsigned char)p[sizeof(word) - 1]))
		return 0;
	errno = 0;
	n = strtoull(p + sizeof(word) - 1, &end, 10);
	return errno == 0 && *end == ']' && n <= INT64_MAX ? n : 0;
}

/* "[UIDNEXT 40]": what it tells of the folder. */
static void
note_code(struct guard *g, const char *p)
{
	const struct {
		const char *word;
		uint32_t *to;
	} all[] = { { "[UIDVALIDITY ", &g->uidvalidity },
		    { "[UIDNEXT ", &g->uidnext } };
	unsigned long n;

	p += strspn(p, " ");
	if (strncasecmp(p, "[READ-ONLY]", 11) == 0)
		g->read_only = true;
	if (modseq_of(p) > 0)
		g->modseq = modseq_of(p);
	for (size_t k = 0; k < 2; k++) {
		const char *at = p + strlen(all[k].word);

		if (strncasecmp(p, all[k].word, strlen(all[k].word)) == 0 &&
		    sieve_number(&at, &n) && *at == ']')
			*all[k].to = (uint32_t)n;
	}
}

static bool
note_untagged(struct guard *g, const char *p)
{
	unsigned long n;

	if (sieve_word(p, "OK")) {
		note_code(g, p + 2);
	} else if (sieve_word(p, "BYE") && !g->leaving) {
		keep_words(g, p + 3);
		stream_fail(g->stream, OUT_TEMP, NET_NETWORK,
			    "'%.100s' ended the session: '%s'",
			    stream_host(g->stream), buf_str(&g->words));
		return false;
	} else if (isdigit((unsigned char)*p)) {
		if (!sieve_number(&p, &n))
			return broken(g, "a number over 32 bits");
		p += *p == ' ';
		if (sieve_word(p, "EXISTS")) {
			g->news += n > g->exists;
			g->exists = (uint32_t)n;
		} else if (sieve_word(p, "EXPUNGE")) {
			g->exists -= g->exists > 0;
		}
	}
	return true;
}

static void
note_tagged(struct guard *g, const char *p)
{
	p += strcspn(p, " ");
	p += strspn(p, " ");
	g->status = sieve_word(p, "OK")    ? GUARD_OK
		    : sieve_word(p, "NO")  ? GUARD_NO
		    : sieve_word(p, "BAD") ? GUARD_BAD
					   : GUARD_NONE;
	p += strcspn(p, " ");
	keep_words(g, p);
	if (g->status == GUARD_OK)
		note_code(g, p);
}

/* A line, not what follows a literal. false: dead. */
static bool
note(struct guard *g)
{
	const char *p = buf_str(&g->line);

	if (*p == '+')
		g->continued = true;
	else if (strncmp(p, "* ", 2) == 0)
		return note_untagged(g, p + 2);
	else
		note_tagged(g, p);
	return true;
}

/* --- what libetpan gets -------------------------------------------------- */

/* The first line of all. */
static bool
greet(struct guard *g)
{
	const char *p = buf_str(&g->line);

	g->greeted = true;
	if (strncmp(p, "* ", 2) == 0 && sieve_word(p + 2, "OK"))
		buf_puts(&g->out, "* OK ready\r\n");
	else if (strncmp(p, "* ", 2) == 0 && sieve_word(p + 2, "PREAUTH"))
		buf_puts(&g->out, "* PREAUTH ready\r\n");
	else
		return broken(g, "a greeting that is no reply");
	return true;
}

/* One line more through the sieve; g->out stays empty if it is left out. */
static bool
sift(struct guard *g)
{
	bool begins = g->sieve.in == SIEVE_START;
	size_t literal = 0, room;
	const char *why = NULL;
	enum sieve_is is;

	if (!next_line(g) || (begins && !note(g)))
		return false;
	if (!g->greeted)
		return greet(g);
	is = sieve_line(&g->sieve, buf_str(&g->line), &g->out, &literal, &why);
	if (is == SIEVE_BROKEN)
		return broken(g, why);
	if (is == SIEVE_DROP)
		buf_clear(&g->out);
	if (is == SIEVE_LITERAL) {
		room = g->sieve.in == SIEVE_FETCH ? g->literal_max
						  : LIST_LITERAL_MAX;
		if (literal > room)
			return too_big(g, "a longer literal than we asked for");
		g->literal_left = literal;
	}
	return true;
}

ssize_t
guard_read(struct guard *g, void *p, size_t n)
{
	size_t k;

	if (stream_dead(g->stream))
		return -1;
	while (g->out_at == g->out.len && g->literal_left == 0) {
		buf_clear(&g->out);
		g->out_at = 0;
		if (!sift(g))
			return -1;
	}
	if (g->out_at < g->out.len) {
		k = g->out.len - g->out_at < n ? g->out.len - g->out_at : n;
		memcpy(p, g->out.data + g->out_at, k);
		g->out_at += k;
		return (ssize_t)k;
	}
	if (!fill(g))
		return -1;
	k = g->in_len - g->in_at;
	k = k < n ? k : n;
	k = k < g->literal_left ? k : g->literal_left;
	memcpy(p, g->in + g->in_at, k);
	g->in_at += k;
	g->literal_left -= k;
	return (ssize_t)k;
}

const char *
guard_line(struct guard *g)
{
	if (stream_dead(g->stream) || !next_line(g) || !note(g))
		return NULL;
	return buf_str(&g->line);
}

size_t
guard_unread(const struct guard *g)
{
	return g->in_len - g->in_at + g->out.len - g->out_at;
}

/* --- life ---------------------------------------------------------------- */

struct guard *
guard_new(struct stream *s)
{
	struct guard *g = mem_new(1, sizeof(*g));

	g->stream = s;
	g->lines_max = 100;
	buf_init(&g->line, GUARD_LINE_MAX);
	buf_init(&g->out, GUARD_LINE_MAX * 2);
	buf_init(&g->words, GUARD_WORDS_MAX * 2);
	return g;
}

void
guard_free(struct guard **g)
{
	if (*g == NULL)
		return;
	buf_release(&(*g)->line);
	buf_release(&(*g)->out);
	buf_release(&(*g)->words);
	MEM_CLEAR(g);
}

void
guard_begin(struct guard *g, size_t lines_max, size_t literal_max)
{
	g->lines = 0;
	g->lines_max =
		lines_max < GUARD_LINES_MAX ? lines_max : GUARD_LINES_MAX;
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
	g->exists = g->uidvalidity = g->uidnext = 0;
	g->modseq = 0;
	g->read_only = false;
}

uint32_t
guard_exists(const struct guard *g)
{
	return g->exists;
}

uint32_t
guard_uidvalidity(const struct guard *g)
{
	return g->uidvalidity;
}

uint32_t
guard_uidnext(const struct guard *g)
{
	return g->uidnext;
}

uint64_t
guard_modseq(const struct guard *g)
{
	return g->modseq;
}

bool
guard_read_only(const struct guard *g)
{
	return g->read_only;
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
