#include "gateways/mail/forward.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/addr.h"
#include "gateways/mail/quote.h"
#include "gateways/mail/quote_attr.h"
#include "gateways/mail/quote_line.h"

#define HEAD_LINES 20   /* of the forwarded mail, in which its fields are */
#define VALUE_MAX 900   /* octets of a field */
#define NAME_OCTETS 300 /* of a name */
#define ADDRESS_MAX 320
#define COUNT_MAX 5 /* octets of "[2]" in a subject */

/* --- the subject ---------------------------------------------------------------- */

bool
forward_subject(const char *subject)
{
	struct quote_line s = { .p = subject, .n = strlen(subject) };
	const char *end;
	size_t k;

	s = quote_trim(s, " \t[", "");
	k = quote_starts(QUOTE_SENT_ON, s.p, s.n);
	if (k == 0)
		return false;
	s = (struct quote_line){ .p = s.p + k, .n = s.n - k };
	end = s.n > 0 && (*s.p == '[' || *s.p == '(')
		      ? memchr(s.p, *s.p == '[' ? ']' : ')', s.n)
		      : NULL;
	if (end != NULL && end - s.p < COUNT_MAX) {
		s.n -= (size_t)(end + 1 - s.p);
		s.p = end + 1;
	}
	s = quote_trim(s, " \t", "");
	return s.n > 0 &&
	       (*s.p == ':' || (s.n >= 3 && memcmp(s.p, "：", 3) == 0));
}

/* --- where it begins --------------------------------------------------------------- */

/* Rules and "Original message" right above line i belong to it. */
static size_t
delimiter_above(const struct quote_text *t, size_t i)
{
	size_t k = i;

	while (k > 0 &&
	       (t->lines[k - 1].empty || quote_is_rule(&t->lines[k - 1]) ||
		quote_is_original(&t->lines[k - 1]))) {
		k--;
		if (!t->lines[k].empty)
			i = k;
	}
	return i;
}

/*
 * The line at which the forwarded mail begins, t->count if there is none. A
 * reply's history comes first: what was forwarded within it is older still.
 */
static size_t
find_begin(const struct quote_text *t, bool subject_says)
{
	size_t before;
	bool quoted = false; /* the line before it that is not empty */
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (t->lines[i].empty)
			continue;
		if (!quoted && quote_is_forward(t, i))
			return i;
		quoted = t->lines[i].quoted;
		if (quote_attr(t, i, &before) > 0 ||
		    quote_is_marker(&t->lines[i]))
			return t->count;
		if (quote_is_original(&t->lines[i]) || quote_block(t, i) > 0)
			return subject_says ? delimiter_above(t, i) : t->count;
	}
	return t->count;
}

/* --- its fields ------------------------------------------------------------------ */

/* Does line i go on with the field of the line before it? */
static bool
is_continued(const struct quote_text *t, size_t i)
{
	struct quote_line l;
	size_t word;

	if (i >= t->count || quote_is_any_field(&t->lines[i]))
		return false;
	l = quote_trim(t->lines[i], "> \t*", "");
	word = 0;
	while (word < l.n && strchr(" \t", l.p[word]) == NULL)
		word++;
	/* "Resent-Date:" */
	return word > 0 && l.p[word - 1] != ':';
}

/* A field that goes on in the next line, as text. */
static json_t *
value_of(const struct quote_text *t, size_t i, struct quote_line value)
{
	struct buf b;
	json_t *o;

	buf_init(&b, VALUE_MAX * 2);
	(void)buf_add(&b, value.p,
		      utf8_cut(value.p, value.n, (size_t)VALUE_MAX));
	if (is_continued(t, ++i)) {
		value = quote_trim(t->lines[i], "> \t*", " \t*");
		if (value.n > 0 && b.len > 0 && b.len + value.n < VALUE_MAX) {
			(void)buf_putc(&b, ' ');
			(void)buf_add(&b, value.p, value.n);
		}
	}
	o = b.len > 0 ? json_stringn(buf_str(&b), b.len) : NULL;
	buf_release(&b);
	return o;
}

/* "N <a@b>", "N [mailto:a@b]", "N <a@b<mailto:a@b>>" as an address, or NULL. */
static json_t *
address_of(const char *s)
{
	struct addrs a = { .count = 0 };
	struct buf b;
	json_t *o = NULL;
	size_t i;

	buf_init(&b, VALUE_MAX * 2);
	for (; *s != '\0'; s++) {
		if (strncmp(s, "mailto:", 7) == 0)
			s += 6;
		else
			(void)buf_putc(&b, *s == '['   ? '<'
					   : *s == ']' ? '>'
						       : *s);
	}
	addr_read(&a, NULL, buf_str(&b), b.len);
	for (i = 0; i < a.count && o == NULL; i++) {
		const struct addr *it = &a.list[i];

		if (strchr(it->address, '@') == NULL)
			continue;
		o = json_pack("{s:o*, s:o*}", "name",
			      json_stringn(it->name,
					   utf8_cut(it->name, strlen(it->name),
						    NAME_OCTETS)),
			      "address",
			      strlen(it->address) <= ADDRESS_MAX
				      ? json_string(it->address)
				      : NULL);
	}
	if (o != NULL && json_object_get(o, "address") == NULL) {
		json_decref(o);
		o = NULL;
	}
	addr_release(&a);
	buf_release(&b);
	return o;
}

/* A sender without an address is a name. */
static json_t *
sender_of(const char *s)
{
	json_t *o = address_of(s);
	size_t n = utf8_cut(s, strlen(s), NAME_OCTETS);

	return o != NULL
		       ? o
		       : json_pack("{s:s%, s:s}", "name", s, n, "address", "");
}

static void
read_fields(struct forward *f, const struct quote_text *t, size_t i)
{
	size_t end = i + HEAD_LINES < t->count ? i + HEAD_LINES : t->count;

	for (; i < end; i++) {
		struct quote_line v;
		json_t *value;

		if (json_object_get(f->as, "from") == NULL &&
		    quote_is_field(&t->lines[i], QUOTE_FIELD_FROM, &v)) {
			value = value_of(t, i, v);
			if (value != NULL)
				(void)json_object_set_new(
					f->as, "from",
					sender_of(json_string_value(value)));
			json_decref(value);
		} else if (json_object_get(f->as, "subject") == NULL &&
			   quote_is_field(&t->lines[i], QUOTE_FIELD_TITLE,
					  &v)) {
			value = value_of(t, i, v);
			if (value != NULL)
				(void)json_object_set_new(f->as, "subject",
							  value);
		}
	}
}

/* --- both parts ------------------------------------------------------------------ */

bool
forward_find(struct forward *f, const char *subject, const char *text, size_t n,
	     struct buf *own_out)
{
	struct quote_text t;
	size_t i = 0;
	bool found = false;

	if (quote_split(&t, text, n)) {
		i = find_begin(&t, forward_subject(subject));
		found = i < t.count;
	}
	if (found) {
		f->at = (size_t)(t.lines[i].p - text);
		f->as = json_pack("{s:I}", "at", (json_int_t)f->at);
		read_fields(f, &t, i);
		f->own = quote_own(own_out, text, f->at);
	}
	quote_release(&t);
	return found;
}

void
forward_release(struct forward *f)
{
	json_decref(f->as);
	f->as = NULL;
}
