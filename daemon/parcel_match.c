#include "daemon/parcel_match.h"

#include <string.h>

#define WORDS_MAX 8 /* of a name; the rest does not count */
#define WORD_MAX 24 /* octets of one; the rest does not count */

struct words {
	char word[WORDS_MAX][WORD_MAX + 1];
	size_t n;
};

/* The lower-case letter or the digit at c; what is not ASCII stays. 0: none. */
static char
folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    (unsigned char)c >= 0x80)
		return c;
	return '\0';
}

/* Words that say where a carrier is, or how it is asked, and not who it is. */
static bool
is_filler(const char *word)
{
	static const char *const fillers[] = {
		"api",     "tracking", "spain", "france", "italy", "portugal",
		"germany", "es",       "fr",    "it",     "pt",    "de",
	};

	for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++)
		if (strcmp(fillers[i], word) == 0)
			return true;
	return false;
}

static void
end_word(struct words *w, size_t *len)
{
	if (*len == 0)
		return;
	w->word[w->n][*len] = '\0';
	*len = 0;
	if (!is_filler(w->word[w->n]))
		w->n++;
}

static void
split(const char *name, struct words *w)
{
	size_t len = 0;

	w->n = 0;
	for (; *name != '\0' && w->n < WORDS_MAX; name++) {
		char c = folded(*name);

		if (c == '\0')
			end_word(w, &len);
		else if (len < WORD_MAX)
			w->word[w->n][len++] = c;
	}
	if (w->n < WORDS_MAX)
		end_word(w, &len);
}

static bool
has(const struct words *w, const char *word)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->word[i], word) == 0)
			return true;
	return false;
}

static bool
within(const struct words *few, const struct words *many)
{
	for (size_t i = 0; i < few->n; i++)
		if (!has(many, few->word[i]))
			return false;
	return true;
}

bool
parcel_carrier_same(const char *a, const char *b)
{
	struct words x;
	struct words y;

	split(a != NULL ? a : "", &x);
	split(b != NULL ? b : "", &y);
	if (x.n == 0 || y.n == 0)
		return true;
	if (has(&x, "express") != has(&y, "express"))
		return false;
	return x.n < y.n ? within(&x, &y) : within(&y, &x);
}

static bool
of_order(const struct parcel_key *parcel, const struct parcel_key *news)
{
	return parcel->order_id == news->order_id;
}

static bool
of_carrier(const struct parcel_key *parcel, const struct parcel_key *news)
{
	return parcel_carrier_same(parcel->carrier, news->carrier);
}

static bool
of_both(const struct parcel_key *parcel, const struct parcel_key *news)
{
	return of_order(parcel, news) && of_carrier(parcel, news);
}

/* Are both of orders, and of different ones? */
static bool
is_elsewhere(const struct parcel_key *parcel, const struct parcel_key *news)
{
	return parcel->order_id != 0 && news->order_id != 0 &&
	       !of_order(parcel, news);
}

static bool
of_carrier_here(const struct parcel_key *parcel, const struct parcel_key *news)
{
	return of_carrier(parcel, news) && !is_elsewhere(parcel, news);
}

/* The only one for which a test holds; PARCEL_NONE: none, or several. */
static size_t
only(const struct parcel_key *parcels, size_t n, const struct parcel_key *news,
     bool (*test)(const struct parcel_key *, const struct parcel_key *))
{
	size_t found = PARCEL_NONE;

	for (size_t i = 0; i < n; i++) {
		if (!test(&parcels[i], news))
			continue;
		if (found != PARCEL_NONE)
			return PARCEL_NONE;
		found = i;
	}
	return found;
}

static size_t
of_several(const struct parcel_key *parcels, size_t n,
	   const struct parcel_key *news)
{
	size_t at = PARCEL_NONE;

	if (news->order_id != 0)
		at = only(parcels, n, news, of_order);
	if (at == PARCEL_NONE && news->order_id != 0)
		at = only(parcels, n, news, of_both);
	return at != PARCEL_NONE ? at : only(parcels, n, news, of_carrier_here);
}

size_t
parcel_match(const struct parcel_key *parcels, size_t n,
	     const struct parcel_key *news)
{
	if (n > 1)
		return of_several(parcels, n, news);
	if (n == 0 ||
	    (is_elsewhere(parcels, news) && !of_carrier(parcels, news)))
		return PARCEL_NONE;
	return 0;
}
