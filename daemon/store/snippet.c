#include "daemon/store/snippet.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"

#define DOTS "\xe2\x80\xa6" /* one UTF-16 unit */
#define SNIPPET_BYTES (SNIPPET_CHARACTERS * 4 + 16)

/* Part of a text. */
struct window {
	const char *text;
	size_t from;
	size_t to;
	size_t n; /* of the whole text */
};

static bool
is_space(char c)
{
	return (unsigned char)c <= ' ';
}

/* Up to SNIPPET_BEFORE characters back from a word, to a beginning of one. */
static size_t
window_begin(const char *text, size_t at)
{
	size_t from = at;
	size_t word = at;
	int left = SNIPPET_BEFORE;

	while (from > 0 && left > 0) {
		from--;
		if (((unsigned char)text[from] & 0xc0) == 0x80)
			continue;
		left--;
		if (from == 0 || is_space(text[from - 1]))
			word = from;
	}
	return from == 0 ? 0 : word;
}

/* SNIPPET_CHARACTERS on, back to the end of a word if one is near. */
static size_t
window_end(const char *text, size_t n, size_t from)
{
	size_t to = from;
	size_t word = from;
	int left = SNIPPET_CHARACTERS;

	while (to < n && left > 0) {
		size_t len = utf8_next(text + to, n - to, NULL);

		to += len > 0 ? len : 1;
		left--;
		if (to < n && is_space(text[to]))
			word = to;
	}
	if (to == n || word <= from || to - word > SNIPPET_BEFORE)
		return to;
	return word;
}

/* What is written, and how long it is in UTF-16. */
struct writing {
	struct buf out;
	size_t units;
	bool space; /* the last one was a space */
};

static void
write_one(struct writing *w, const char *p, size_t len, uint32_t cp)
{
	bool space = cp <= ' ' || cp == 0x7f || cp == 0xa0;

	if (space) {
		if (w->space)
			return;
		p = " ";
		len = 1;
		cp = ' ';
	}
	w->space = space;
	(void)buf_add(&w->out, p, len);
	w->units += cp > 0xffff ? 2 : 1;
}

/* Spans of the window's text, in order, as marks of what is written. They
 * may overlap: what one covers already is not marked again. */
struct marking {
	struct terms_span spans[SNIPPET_MARKS_MAX];
	size_t n;
	size_t next;
	size_t end; /* of the mark that is open; 0: none is */
	size_t from;
	json_t *marks;
};

static void
mark_at(struct marking *m, size_t at, size_t units)
{
	if (m->end != 0 && at >= m->end) {
		(void)json_array_append_new(
			m->marks, json_pack("[II]", (json_int_t)m->from,
					    (json_int_t)units));
		m->end = 0;
	}
	while (m->next < m->n && m->spans[m->next].from <= at) {
		const struct terms_span *span = &m->spans[m->next++];

		if (span->to <= at)
			continue;
		if (m->end == 0)
			m->from = units;
		if (span->to > m->end)
			m->end = span->to;
	}
}

static void
window_write(const struct window *v, struct marking *m, struct writing *w)
{
	size_t n = v->to - v->from;
	const char *p = v->text + v->from;
	size_t i = 0;

	if (v->from > 0)
		write_one(w, DOTS, sizeof DOTS - 1, 0x2026);
	w->space = v->from == 0;
	while (i < n) {
		uint32_t cp = 0;
		size_t len = utf8_next(p + i, n - i, &cp);

		mark_at(m, i, w->units);
		if (len > 0)
			write_one(w, p + i, len, cp);
		i += len > 0 ? len : 1;
	}
	mark_at(m, n, w->units);
	if (v->to < v->n)
		write_one(w, DOTS, sizeof DOTS - 1, 0x2026);
}

bool
snippet_make(const struct terms *t, const struct search_words *sw,
	     const char *text, size_t n, json_t **snippet_out,
	     json_t **marks_out)
{
	struct terms_span first = { .from = 0 };
	struct marking m = { .n = 0 };
	struct window v = { .text = text, .n = n };
	struct writing w = { .units = 0 };
	bool found = terms_find(t, sw, text, n, &first, 1) > 0;

	if (found)
		v.from = window_begin(text, first.from);
	v.to = window_end(text, n, v.from);
	m.marks = json_array();
	if (found)
		m.n = terms_find(t, sw, text + v.from, v.to - v.from, m.spans,
				 SNIPPET_MARKS_MAX);
	buf_init(&w.out, SNIPPET_BYTES);
	window_write(&v, &m, &w);
	*snippet_out = json_stringn(buf_str(&w.out), w.out.len);
	if (*snippet_out == NULL)
		*snippet_out = json_string("");
	*marks_out = m.marks;
	buf_release(&w.out);
	return found;
}
