#include "gateways/mail/quote_line.h"

#include <string.h>

#include "daemon/base/mem.h"

#define FIELD_MAX 60 /* octets before a field's colon */
#define BLOCK_LINES 14
#define BLOCK_EMPTY 2 /* empty lines within one, before its second field */
#define DELIMITER_MAX 120
#define MARKER_MAX 120
#define MOBILE_MAX 150
#define MOBILE_END_MAX 40

/* --- lines ------------------------------------------------------------------- */

/* Without blanks at its end, those that are not seen among them. */
static struct quote_line
trim_end(struct quote_line l)
{
	static const char *const unseen[] = { "\xc2\xa0", "\xe2\x80\x8b",
					      "\xe2\x80\x8c", "\xef\xbb\xbf" };
	bool more = true;
	size_t i;

	while (more) {
		more = false;
		l = quote_trim(l, "", " \t\r");
		for (i = 0; i < sizeof unseen / sizeof *unseen; i++) {
			size_t k = strlen(unseen[i]);

			if (l.n >= k &&
			    memcmp(l.p + l.n - k, unseen[i], k) == 0) {
				l.n -= k;
				more = true;
			}
		}
	}
	return l;
}

bool
quote_split(struct quote_text *t, const char *p, size_t n)
{
	size_t cap = 64;

	t->lines = mem_new(cap, sizeof *t->lines);
	t->count = 0;
	while (n > 0) {
		const char *nl = memchr(p, '\n', n);
		size_t len = nl != NULL ? (size_t)(nl - p) : n;
		struct quote_line l = { p, len, false, false };

		if (t->count == QUOTE_LINES_MAX) {
			t->count = 0;
			return false;
		}
		l = trim_end(l);
		l.empty = l.n == 0;
		l.quoted = l.n > 0 && *l.p == '>';
		if (t->count == cap) {
			cap *= 2;
			t->lines = mem_resize(t->lines, cap, sizeof l);
		}
		t->lines[t->count++] = l;
		n -= nl != NULL ? len + 1 : len;
		p += nl != NULL ? len + 1 : len;
	}
	return true;
}

void
quote_release(struct quote_text *t)
{
	MEM_CLEAR(&t->lines);
	t->count = 0;
}

size_t
quote_skip_empty(const struct quote_text *t, size_t i)
{
	while (i < t->count && t->lines[i].empty)
		i++;
	return i;
}

static bool
among(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

struct quote_line
quote_trim(struct quote_line l, const char *front, const char *back)
{
	while (l.n > 0 && among(*l.p, front)) {
		l.p++;
		l.n--;
	}
	while (l.n > 0 && among(l.p[l.n - 1], back))
		l.n--;
	return l;
}

/* The line without quote marks, blanks and marks of bold in front. */
static struct quote_line
bare(const struct quote_line *l)
{
	return quote_trim(*l, "> \t*_|", "");
}

/* --- delimiters --------------------------------------------------------------- */

bool
quote_is_original(const struct quote_line *l)
{
	struct quote_line b = quote_trim(*l, "> \t*|", "");
	struct quote_line words;
	size_t k;

	if (b.n < 4 || !among(*b.p, "-_=#"))
		return false;
	if (b.n <= DELIMITER_MAX)
		return quote_within(QUOTE_ORIGINAL, b.p, b.n);
	/* some programs write on in its line: "--- ... ---De: X Fecha: ..." */
	words = quote_trim(b, "-_=# ", "");
	k = quote_starts(QUOTE_ORIGINAL, words.p, words.n);
	words.p += k;
	words.n -= k;
	words = quote_trim(words, " ", "");
	return k > 0 && words.n >= 4 && memcmp(words.p, "----", 4) == 0;
}

bool
quote_is_forward(const struct quote_text *t, size_t i)
{
	struct quote_line b = quote_trim(t->lines[i], "> \t*", " *");
	size_t next = i + 1;

	if (b.n < 4 || b.n > DELIMITER_MAX ||
	    !quote_within(QUOTE_FORWARDED, b.p, b.n))
		return false;
	if (among(*b.p, "-_=") && !t->lines[i].quoted)
		return true;
	if (b.p[b.n - 1] != ':' && !among(*b.p, "-_="))
		return false;
	while (next < t->count && bare(&t->lines[next]).n == 0)
		next++;
	return next < t->count && quote_is_any_field(&t->lines[next]);
}

bool
quote_is_marker(const struct quote_line *l)
{
	static const char around[] = "> \t*_-=#~|.";
	struct quote_line b = *l;
	size_t k;

	if (l->n > MARKER_MAX)
		return false;
	/* dashes may have become longer ones */
	for (;;) {
		b = quote_trim(b, around, around);
		if (b.n >= 3 && memcmp(b.p, "\xe2\x80", 2) == 0)
			b = (struct quote_line){ .p = b.p + 3, .n = b.n - 3 };
		else
			break;
	}
	k = quote_starts(QUOTE_MARKER, b.p, b.n);
	b = (struct quote_line){ .p = b.p + k, .n = b.n - k };
	b = quote_trim(b, around, around);
	return k > 0 && (b.n == 0 || memcmp(b.p, "\xe2\x80", 2) == 0);
}

/* --- fields ------------------------------------------------------------------- */

bool
quote_is_field(const struct quote_line *l, enum quote_words list,
	       struct quote_line *value_out)
{
	struct quote_line b = bare(l);
	size_t k = quote_starts(list, b.p, b.n);
	size_t colon = 0;

	if (k == 0)
		return false;
	while (k < b.n && k < FIELD_MAX && among(b.p[k], " *_\t"))
		k++;
	if (b.n - k >= 2 && memcmp(b.p + k, "\xc2\xa0", 2) == 0)
		k += 2; /* "De :" in French */
	if (k < b.n && b.p[k] == ':')
		colon = 1;
	else if (b.n - k >= 3 && memcmp(b.p + k, "：", 3) == 0)
		colon = 3;
	if (colon == 0)
		return false;
	if (value_out != NULL) {
		b.p += k + colon;
		b.n -= k + colon;
		*value_out = quote_trim(b, " \t*_", " \t*_");
	}
	return true;
}

bool
quote_is_any_field(const struct quote_line *l)
{
	return quote_is_field(l, QUOTE_FIELD_FROM, NULL) ||
	       quote_is_field(l, QUOTE_FIELD_DATE, NULL) ||
	       quote_is_field(l, QUOTE_FIELD_TITLE, NULL) ||
	       quote_is_field(l, QUOTE_FIELD_OTHER, NULL);
}

/* How many fields a block needs that begins with this line; 0: none begins. */
static size_t
block_needs(const struct quote_line *l)
{
	if (quote_is_field(l, QUOTE_FIELD_FROM, NULL))
		return 3;
	return quote_is_field(l, QUOTE_FIELD_DATE, NULL) ? 2 : 0;
}

/* "From: a@b.es Date: Mon, 5 Jan" */
static bool
is_block_of_one(const struct quote_line *l)
{
	struct quote_line v;
	size_t i;

	if (!quote_is_field(l, QUOTE_FIELD_FROM, &v) || v.n == 0 ||
	    memchr(v.p, '@', v.n) == NULL)
		return false;
	for (i = 1; i < v.n && i < DELIMITER_MAX; i++) {
		struct quote_line rest = { .p = v.p + i, .n = v.n - i };

		if (v.p[i - 1] == ' ' && *rest.p != ' ' &&
		    quote_is_field(&rest, QUOTE_FIELD_DATE, NULL))
			return true;
	}
	return false;
}

size_t
quote_block(const struct quote_text *t, size_t i)
{
	size_t needs = block_needs(&t->lines[i]);
	size_t found = 0;
	size_t empty = 0;
	size_t end = 0;
	size_t k;
	bool sure = false; /* "From: me To: you" is on a gift, too */

	for (k = 0; needs > 0 && k < BLOCK_LINES && i + k < t->count; k++) {
		const struct quote_line *l = &t->lines[i + k];

		if (l->empty && (found >= 2 || ++empty > BLOCK_EMPTY))
			break;
		if (quote_is_any_field(l)) {
			found++;
			end = k + 1;
			sure = sure || memchr(l->p, '@', l->n) != NULL ||
			       quote_is_field(l, QUOTE_FIELD_TITLE, NULL);
		} else if (!l->empty && needs == 2) {
			break; /* one that begins with its date is dense */
		} else if (!l->empty) {
			end = k + 1; /* a field that goes on */
		}
	}
	if (needs > 0 && found >= needs && sure)
		return end;
	return is_block_of_one(&t->lines[i]) ? 1 : 0;
}

/* --- ends --------------------------------------------------------------------- */

bool
quote_is_rule(const struct quote_line *l)
{
	struct quote_line b = quote_trim(*l, " \t*", " \t*");
	size_t i;

	/* marks that a mail program leaves to see who reads it */
	if (b.n == 3 && memcmp(b.p, "\xe1\x90\xa7", 3) == 0)
		return true;
	if (b.n == 0)
		return l->n > 1; /* of stars alone */
	for (i = 0; i < b.n; i++)
		if (!among(b.p[i], "_-=#~+"))
			return false;
	return b.n > 1;
}

bool
quote_is_dashes(const struct quote_line *l)
{
	return (l->n == 2 && memcmp(l->p, "--", 2) == 0) ||
	       (l->n == 3 && memcmp(l->p, "—", 3) == 0) ||
	       (l->n == 2 && memcmp(l->p, "__", 2) == 0);
}

bool
quote_is_mobile(const struct quote_line *l)
{
	static const char end[] = " from mobile";
	struct quote_line b = quote_trim(*l, "> \t*_|(", "");

	if (b.n == 0 || b.n > MOBILE_MAX)
		return false;
	/* "sent from Madrid" is no signature */
	return (quote_starts(QUOTE_MOBILE, b.p, b.n) > 0 &&
		quote_within(QUOTE_DEVICE, b.p, b.n)) ||
	       (b.n < MOBILE_END_MAX &&
		memmem(b.p, b.n, end, sizeof end - 1) != NULL);
}
