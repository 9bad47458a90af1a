#include "daemon/store/terms.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

#define TOKEN_BYTES_MAX 1024 /* of one word; the typed text is shorter */

/* One condition: tokens one behind the other. */
struct term {
	char *token[TERMS_TOKENS_MAX];
	size_t bytes[TERMS_TOKENS_MAX];
	size_t n;
	bool begins; /* the last token is the beginning of a word */
	bool without;
};

struct terms {
	struct term list[TERMS_MAX];
	size_t n;
	bool too_many;
};

static int
term_token(void *arg, int flags, const char *p, int n, int from, int to)
{
	struct terms *t = arg;
	struct term *one = &t->list[t->n];

	(void)flags;
	(void)from;
	(void)to;
	if (one->n == TERMS_TOKENS_MAX || n > TOKEN_BYTES_MAX) {
		t->too_many = true;
		return SQLITE_DONE;
	}
	one->token[one->n] = mem_strndup(p, (size_t)n);
	one->bytes[one->n++] = (size_t)n;
	return SQLITE_OK;
}

static size_t
characters(const char *p)
{
	size_t n = 0;

	for (; *p != '\0'; p++)
		n += ((unsigned char)*p & 0xc0) != 0x80;
	return n;
}

/* A condition of n bytes; what has no word in it is none. */
static void
terms_add(struct terms *t, const struct search_words *w, const char *p,
	  size_t n, bool begins, bool without)
{
	struct term *one;

	if (t->n == TERMS_MAX) {
		t->too_many = true;
		return;
	}
	one = &t->list[t->n];
	(void)w->fn.xTokenize(w->self, t, FTS5_TOKENIZE_QUERY, p, (int)n,
			      term_token);
	if (one->n == 0)
		return;
	one->without = without;
	one->begins = begins && !without &&
		      characters(one->token[one->n - 1]) >= TERMS_BEGINNING;
	t->n++;
}

static bool
is_space(char c)
{
	return (unsigned char)c <= ' ';
}

/* One condition at p; returns what follows it. */
static const char *
terms_read_one(struct terms *t, const struct search_words *w, const char *p)
{
	bool without = p[0] == '-' && p[1] != '\0' && !is_space(p[1]);
	bool begins;
	const char *from;
	size_t n;

	p += without;
	if (*p == '"') {
		from = p + 1;
		n = strcspn(from, "\"");
		p = from + n;
		/* not closed: it is being typed */
		begins = *p == '\0' && n > 0 && !is_space(from[n - 1]);
		p += *p == '"';
	} else {
		from = p;
		while (*p != '\0' && *p != '"' && !is_space(*p))
			p++;
		n = (size_t)(p - from);
		begins = *p == '\0' || from[n - 1] == '*';
	}
	terms_add(t, w, from, n, begins, without);
	return p;
}

enum outcome
terms_read(const struct search_words *w, const char *text, struct terms **out,
	   struct err *e)
{
	struct terms *t = mem_new(1, sizeof *t);
	const char *p = text;

	while (*p != '\0' && !t->too_many) {
		if (is_space(*p))
			p++;
		else
			p = terms_read_one(t, w, p);
	}
	*out = t;
	if (!t->too_many)
		return OUT_OK;
	/* a condition that was begun is freed too */
	t->n += t->n < TERMS_MAX;
	terms_free(out);
	return err_code(e, OUT_PERM, "bad_params",
			"'text' has more than %d words", TERMS_MAX);
}

void
terms_free(struct terms **tp)
{
	struct terms *t = *tp;
	size_t i;
	size_t k;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		for (k = 0; k < t->list[i].n; k++)
			mem_free(t->list[i].token[k]);
	MEM_CLEAR(tp);
}

bool
terms_any(const struct terms *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (!t->list[i].without)
			return true;
	return false;
}

/* Bytes of the first TERMS_BEGINNING characters. */
static size_t
beginning(const char *p)
{
	size_t n = 0;
	size_t i;

	for (i = 0; p[i] != '\0'; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80 &&
		    n++ == TERMS_BEGINNING)
			break;
	return i;
}

bool
terms_long(const struct terms *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct term *one = &t->list[i];

		if (one->begins &&
		    beginning(one->token[one->n - 1]) < one->bytes[one->n - 1])
			return true;
	}
	return false;
}

static void
term_match(const struct term *one, bool wide, struct buf *out)
{
	size_t k;

	(void)buf_putc(out, '"');
	for (k = 0; k < one->n; k++) {
		bool cut = wide && one->begins && k + 1 == one->n;

		if (k > 0)
			(void)buf_putc(out, ' ');
		(void)buf_add(out, one->token[k],
			      cut ? beginning(one->token[k]) : one->bytes[k]);
	}
	(void)buf_puts(out, one->begins ? "\" *" : "\"");
}

void
terms_match(const struct terms *t, bool wide, struct buf *out)
{
	const char *between = "(";
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (t->list[i].without)
			continue;
		(void)buf_puts(out, between);
		term_match(&t->list[i], wide, out);
		between = " AND ";
	}
	(void)buf_putc(out, ')');
	for (i = 0; i < t->n; i++) {
		if (!t->list[i].without)
			continue;
		(void)buf_puts(out, " NOT ");
		term_match(&t->list[i], wide, out);
	}
}

/* --- in a text --------------------------------------------------------------- */

/* A text being looked through. Bit k of at[i]: the words just read end as the
 * first k + 1 tokens of condition i. */
struct look {
	const struct terms *t;
	uint32_t at[TERMS_MAX];
	size_t from[TERMS_TOKENS_MAX]; /* where the last words began */
	size_t count;
	bool found[TERMS_MAX];
	struct terms_span *spans;
	size_t n;
	size_t max;
};

static bool
is_token(const struct term *one, size_t k, const char *p, size_t n)
{
	size_t bytes = one->bytes[k];

	if (one->begins && k + 1 == one->n)
		return n >= bytes && memcmp(p, one->token[k], bytes) == 0;
	return n == bytes && memcmp(p, one->token[k], bytes) == 0;
}

static void
look_hit(struct look *l, size_t i, size_t to)
{
	size_t first = l->count - l->t->list[i].n;
	struct terms_span *span;

	l->found[i] = true;
	if (l->t->list[i].without || l->n == l->max)
		return;
	span = &l->spans[l->n++];
	span->from = l->from[first % TERMS_TOKENS_MAX];
	span->to = to;
}

static int
look_token(void *arg, int flags, const char *p, int n, int from, int to)
{
	struct look *l = arg;
	size_t i;
	size_t k;

	(void)flags;
	l->from[l->count++ % TERMS_TOKENS_MAX] = (size_t)from;
	for (i = 0; i < l->t->n; i++) {
		const struct term *one = &l->t->list[i];
		uint32_t before = l->at[i];
		uint32_t now = 0;

		for (k = 0; k < one->n; k++) {
			bool open = k == 0 || (before >> (k - 1) & 1) != 0;

			if (open && is_token(one, k, p, (size_t)n))
				now |= (uint32_t)1 << k;
		}
		l->at[i] = now;
		if (one->n > 0 && (now >> (one->n - 1) & 1) != 0)
			look_hit(l, i, (size_t)to);
	}
	return l->max > 0 && l->n == l->max ? SQLITE_DONE : SQLITE_OK;
}

static void
look_through(struct look *l, const struct search_words *w, const char *text,
	     size_t n)
{
	memset(l->at, 0, sizeof l->at);
	l->count = 0;
	(void)w->fn.xTokenize(w->self, l, FTS5_TOKENIZE_DOCUMENT, text, (int)n,
			      look_token);
}

size_t
terms_find(const struct terms *t, const struct search_words *w,
	   const char *text, size_t n, struct terms_span *spans_out, size_t max)
{
	struct look l = { .t = t, .spans = spans_out, .max = max };

	if (t->n > 0)
		look_through(&l, w, text, n);
	return l.n;
}

bool
terms_hold(const struct terms *t, const struct search_words *w,
	   const struct search_doc *d)
{
	struct look l = { .t = t };
	size_t i;
	int c;

	for (c = 0; c < SEARCH_COLUMNS; c++)
		look_through(&l, w, d->column[c], (size_t)d->bytes[c]);
	for (i = 0; i < t->n; i++)
		if (l.found[i] == t->list[i].without)
			return false;
	return true;
}
