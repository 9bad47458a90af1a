#include "rules/fold.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/utf8.h"

struct fold_pair {
	uint32_t from;
	uint32_t to;
};

struct fold_range {
	uint32_t first;
	uint32_t last;
};

#include "rules/fold_table.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool
is_mark(uint32_t cp)
{
	size_t lo = 0;
	size_t hi = COUNT(fold_marks);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cp > fold_marks[mid].last)
			lo = mid + 1;
		else if (cp < fold_marks[mid].first)
			hi = mid;
		else
			return true;
	}
	return false;
}

uint32_t
fold_char(uint32_t cp)
{
	size_t lo = 0;
	size_t hi = COUNT(fold_pairs);

	if (cp < 0xC0)
		return cp;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (cp > fold_pairs[mid].from)
			lo = mid + 1;
		else if (cp < fold_pairs[mid].from)
			hi = mid;
		else
			return fold_pairs[mid].to;
	}
	return is_mark(cp) ? 0 : cp;
}

/* Put one character that began at s[from]; returns the bytes written. */
static size_t
put(uint32_t cp, size_t from, char *out, uint16_t *map)
{
	char c[4];
	size_t n = utf8_encode(cp, c);
	size_t i;

	for (i = 0; i < n; i++) {
		out[i] = c[i];
		map[i] = (uint16_t)from;
	}
	return n;
}

size_t
fold_text(const char *s, size_t n, char *out, uint16_t *map, bool *bad)
{
	size_t i = 0;
	size_t o = 0;

	assert(n <= FOLD_TEXT_MAX);
	while (i < n) {
		uint32_t cp;
		size_t step;

		if ((unsigned char)s[i] < 0x80) {
			map[o] = (uint16_t)i;
			out[o++] = s[i++];
			continue;
		}
		step = utf8_next(s + i, n - i, &cp);
		if (step == 0) {
			*bad = true;
			map[o] = (uint16_t)i;
			out[o++] = '?';
			i++;
			continue;
		}
		cp = fold_char(cp);
		if (cp != 0)
			o += put(cp, i, out + o, map + o);
		i += step;
	}
	map[o] = (uint16_t)n;
	return o;
}

void
fold_clean(const char *s, size_t n, char *out)
{
	size_t i = 0;

	while (i < n) {
		size_t step = utf8_next(s + i, n - i, NULL);

		if (step == 0) {
			out[i++] = '?';
			continue;
		}
		memcpy(out + i, s + i, step);
		i += step;
	}
}

/* --- patterns ----------------------------------------------------------- */

struct walk {
	const char *s;
	size_t n;
	size_t i; /* next byte to read */
	char *out;
	uint16_t *map;
	size_t o; /* next byte to write */
	struct fold_trouble *t;
};

static bool
trouble(struct walk *w, size_t at, const char *text, const char *hint)
{
	w->t->at = at;
	w->t->text = text;
	w->t->hint = hint;
	return false;
}

static void
copy(struct walk *w, size_t n)
{
	while (n-- != 0) {
		w->map[w->o] = (uint16_t)w->i;
		w->out[w->o++] = w->s[w->i++];
	}
}

/* Length and value of the code point escape at s[i] ("\x.."); 0: none. */
static size_t
code_escape(const struct walk *w, size_t i, uint32_t *cp)
{
	size_t k = i + 2;
	uint32_t v = 0;

	if (i + 2 >= w->n || w->s[i] != '\\' || w->s[i + 1] != 'x')
		return 0;
	if (w->s[k] == '{') {
		for (k++; k < w->n && hash_hex_digit(w->s[k]) >= 0; k++)
			if (v <= 0x10FFFF)
				v = v * 16 + (uint32_t)hash_hex_digit(w->s[k]);
		if (k >= w->n || w->s[k] != '}')
			return 0;
		k++;
	} else {
		for (; k < w->n && k < i + 4 && hash_hex_digit(w->s[k]) >= 0;
		     k++)
			v = v * 16 + (uint32_t)hash_hex_digit(w->s[k]);
	}
	*cp = v;
	return k - i;
}

static bool
fold_escape(struct walk *w)
{
	uint32_t cp = 0;
	size_t n = code_escape(w, w->i, &cp);
	uint32_t base;
	char next = w->i + 1 < w->n ? w->s[w->i + 1] : '\0';

	if (n != 0) {
		base = cp <= 0x10FFFF ? fold_char(cp) : cp;
		if (base == cp) {
			copy(w, n);
			return true;
		}
		if (base == 0 || base >= 0x80)
			return trouble(
				w, w->i, "an escape that cannot be folded",
				"write the letter itself, or add 'exact'");
		/* "\xe9" is never shorter than the letter that is left */
		w->o += put(base, w->i, w->out + w->o, w->map + w->o);
		w->i += n;
		return true;
	}
	if (next == 'o' ||
	    (next == 'N' && w->i + 2 < w->n && w->s[w->i + 2] == '{'))
		return trouble(w, w->i, "an escape that cannot be folded",
			       "write the letter itself, or add 'exact'");
	if ((unsigned char)next >= 0x80) {
		/* a backslash before a letter means nothing: fold the letter */
		w->i++;
		return true;
	}
	copy(w, next != '\0' || w->i + 1 < w->n ? 2 : 1);
	return true;
}

/* One end of a range; false if folding would change it. */
static bool
range_end_plain(const struct walk *w, size_t i)
{
	uint32_t cp = 0;

	if (code_escape(w, i, &cp) == 0 &&
	    utf8_next(w->s + i, w->n - i, &cp) == 0)
		return true;
	return cp > 0x10FFFF || fold_char(cp) == cp;
}

static bool
fold_one(struct walk *w)
{
	uint32_t cp = 0;
	size_t n;

	if (w->s[w->i] == '\\')
		return fold_escape(w);
	n = utf8_next(w->s + w->i, w->n - w->i, &cp);
	if (n == 0)
		return trouble(w, w->i, "malformed UTF-8 in a pattern", NULL);
	cp = fold_char(cp);
	if (cp != 0)
		w->o += put(cp, w->i, w->out + w->o, w->map + w->o);
	w->i += n;
	return true;
}

static size_t
item_bytes(const struct walk *w, size_t i)
{
	uint32_t cp;
	size_t n = code_escape(w, i, &cp);

	if (n == 0 && w->s[i] == '\\')
		n = i + 1 < w->n ? 2 : 1;
	if (n == 0)
		n = utf8_next(w->s + i, w->n - i, NULL);
	return n != 0 ? n : 1;
}

/* A "[...]" from its bracket to its end. */
static bool
fold_class(struct walk *w)
{
	static const char hint[] = "list the letters, or add 'exact'";
	size_t first;

	copy(w, 1);
	if (w->i < w->n && w->s[w->i] == '^')
		copy(w, 1);
	first = w->i;
	while (w->i < w->n) {
		size_t start = w->i;
		size_t next;

		if (w->s[start] == ']' && start != first) {
			copy(w, 1);
			return true;
		}
		if (w->s[start] == '[' && start + 1 < w->n &&
		    w->s[start + 1] == ':') {
			const char *end =
				memmem(w->s + start, w->n - start, ":]", 2);

			if (end != NULL) {
				copy(w, (size_t)(end - (w->s + start)) + 2);
				continue;
			}
		}
		next = start + item_bytes(w, start);
		if (next + 1 < w->n && w->s[next] == '-' &&
		    w->s[next + 1] != ']') {
			if (!range_end_plain(w, start) ||
			    !range_end_plain(w, next + 1))
				return trouble(w, start,
					       "a range over accented letters",
					       hint);
			copy(w, next + 1 - start);
			copy(w, item_bytes(w, w->i));
			continue;
		}
		if (!fold_one(w))
			return false;
	}
	return true; /* PCRE2 says that the bracket is missing */
}

bool
fold_pattern(const char *s, size_t n, char *out, uint16_t *map, size_t *n_out,
	     struct fold_trouble *t)
{
	struct walk w = { .s = s, .n = n, .out = out, .map = map, .t = t };
	bool quoted = false;
	bool ok = true;

	assert(n <= FOLD_TEXT_MAX);
	while (ok && w.i < n) {
		bool edge = w.s[w.i] == '\\' && w.i + 1 < n &&
			    w.s[w.i + 1] == (quoted ? 'E' : 'Q');

		if (edge) {
			quoted = !quoted;
			copy(&w, 2);
		} else if (quoted && w.s[w.i] == '\\') {
			copy(&w, 1);
		} else if (!quoted && w.s[w.i] == '[') {
			ok = fold_class(&w);
		} else {
			ok = fold_one(&w);
		}
	}
	map[w.o] = (uint16_t)n;
	*n_out = w.o;
	return ok;
}
