#include "gateways/mail/net/sieve.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"

#define DATE_LEN 26 /* of "05-Jan-2026 09:00:00 +0130" */

bool
sieve_number(const char **p, unsigned long *out)
{
	uint64_t n = 0;
	int digits = 0;

	for (; isdigit((unsigned char)**p); (*p)++, digits++)
		if (n <= UINT32_MAX)
			n = n * 10 + (uint64_t)(**p - '0');
	*out = (unsigned long)n;
	return digits > 0 && n <= UINT32_MAX;
}

bool
sieve_word(const char *p, const char *word)
{
	size_t n = strlen(word);

	return strncasecmp(p, word, n) == 0 && (p[n] == '\0' || p[n] == ' ');
}

/* --- values -------------------------------------------------------------- */

/* The end of a quoted string that begins at p; NULL: it has none. */
static const char *
quoted_end(const char *p)
{
	for (p++; *p != '\0'; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\' && *++p == '\0')
			return NULL;
	}
	return NULL;
}

static const char *
list_end(const char *p)
{
	int depth = 0;

	do {
		if (*p == '"') {
			p = quoted_end(p);
			if (p == NULL)
				return NULL;
			continue;
		}
		if (*p == '(' && ++depth > SIEVE_DEPTH_MAX)
			return NULL;
		if (*p == ')')
			depth--;
		if (*p == '\0' || *p == '{')
			return NULL;
		p++;
	} while (depth > 0);
	return p;
}

/* The end of a value that nobody needs. */
static const char *
value_end(const char *p)
{
	if (*p == '"')
		return quoted_end(p);
	if (*p == '(')
		return list_end(p);
	return *p == '{' || strcspn(p, " )(") == 0 ? NULL
						   : p + strcspn(p, " )(");
}

/* "{123}" and then the end of the piece. */
static bool
literal_at(const char *p, size_t *literal)
{
	unsigned long n;

	if (*p++ != '{')
		return false;
	/* Too large a number is one: the caller says how large is too large. */
	if (!sieve_number(&p, &n)) {
		if (!isdigit((unsigned char)p[-1]))
			return false;
		n = UINT32_MAX;
	}
	*literal = n;
	p += *p == '+';
	return p[0] == '}' && p[1] == '\0';
}

/* --- FETCH --------------------------------------------------------------- */

static void
put_name(struct sieve *s, struct buf *out, const char *name)
{
	if (s->some)
		buf_putc(out, ' ');
	s->some = true;
	buf_puts(out, name);
}

/* The flags that mean something to us. */
static const char *
fetch_flags(struct sieve *s, const char *p, struct buf *out)
{
	static const char *const known[] = { "\\Seen", "\\Answered",
					     "\\Flagged", "\\Deleted",
					     "\\Draft" };
	const char *sep = "";

	if (*p++ != '(')
		return NULL;
	put_name(s, out, "FLAGS (");
	while (*p != ')') {
		size_t n = strcspn(p, " ()\"{");

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (n == strlen(known[k]) &&
			    strncasecmp(p, known[k], n) == 0) {
				buf_printf(out, "%s%s", sep, known[k]);
				sep = " ";
			}
		p += n;
		if (*p != ' ' && *p != ')')
			return NULL;
		p += strspn(p, " ");
	}
	buf_putc(out, ')');
	return p + 1;
}

static const char *
fetch_number(struct sieve *s, const char *name, const char *p, struct buf *out)
{
	unsigned long n;

	if (!sieve_number(&p, &n))
		return NULL;
	put_name(s, out, name);
	buf_printf(out, " %lu", n);
	return p;
}

static const char *
fetch_date(struct sieve *s, const char *p, struct buf *out)
{
	static const char form[] = "\"#0-aaa-0000 00:00:00 +0000\"";
	const char *end = *p == '"' ? quoted_end(p) : NULL;

	if (end == NULL)
		return value_end(p);
	if (end - p != DATE_LEN + 2)
		return end;
	for (int i = 0; form[i] != '\0'; i++) {
		unsigned char c = (unsigned char)p[i];

		if (form[i] == '0'   ? !isdigit(c)
		    : form[i] == '#' ? !isdigit(c) && c != ' '
		    : form[i] == 'a' ? !isalpha(c)
		    : form[i] == '+' ? c != '+' && c != '-'
				     : c != (unsigned char)form[i])
			return end;
	}
	put_name(s, out, "INTERNALDATE ");
	buf_add(out, p, (size_t)(end - p));
	return end;
}

/* BODY[]<0> {n}, or "octets", or NIL. The rest is left to the caller, who
 * goes on after *p, unless *is is SIEVE_LITERAL. */
static const char *
fetch_body(struct sieve *s, const char *name, size_t len, const char *p,
	   struct buf *out, size_t *literal, enum sieve_is *is)
{
	const char *end = value_end(p);
	const char *at = name + 6; /* BODY[] */
	unsigned long origin = 0;

	if (*at == '<' && (at++, !sieve_number(&at, &origin) || *at != '>'))
		return NULL;
	if (*p == '{') {
		if (!literal_at(p, literal))
			return NULL;
		*is = SIEVE_LITERAL;
		end = p;
	} else if (end == NULL ||
		   (*p != '"' &&
		    !(end - p == 3 && strncasecmp(p, "NIL", 3) == 0))) {
		return NULL;
	}
	put_name(s, out, "");
	buf_add(out, name, len);
	buf_putc(out, ' ');
	if (*is == SIEVE_LITERAL)
		buf_printf(out, "{%zu}\r\n", *literal);
	else
		buf_add(out, p, (size_t)(end - p));
	return end;
}

/* The end of an attribute's name; a section may have blanks. */
static size_t
name_len(const char *p)
{
	size_t n = strcspn(p, " ()\"{[");

	if (p[n] != '[')
		return n;
	n += strcspn(p + n, "]");
	return n + strcspn(p + n, " (\"{");
}

static enum sieve_is
fetch(struct sieve *s, const char *p, struct buf *out, size_t *literal)
{
	enum sieve_is is = SIEVE_PASS;

	for (p += strspn(p, " "); *p != ')'; p += strspn(p, " ")) {
		const char *name = p;
		size_t n = name_len(p);

		if (n == 0 || p[n] != ' ')
			return SIEVE_BROKEN;
		p += n + 1;
		if (n == 5 && strncasecmp(name, "FLAGS", n) == 0)
			p = fetch_flags(s, p, out);
		else if (n == 3 && strncasecmp(name, "UID", n) == 0)
			p = fetch_number(s, "UID", p, out);
		else if (n == 11 && strncasecmp(name, "RFC822.SIZE", n) == 0)
			p = fetch_number(s, "RFC822.SIZE", p, out);
		else if (n == 12 && strncasecmp(name, "INTERNALDATE", n) == 0)
			p = fetch_date(s, p, out);
		else if (strncasecmp(name, "BODY[]", 6) == 0)
			p = fetch_body(s, name, n, p, out, literal, &is);
		else
			p = value_end(p);
		if (p == NULL)
			return SIEVE_BROKEN;
		if (is == SIEVE_LITERAL)
			return is;
	}
	p++;
	if (p[strspn(p, " ")] != '\0')
		return SIEVE_BROKEN;
	buf_puts(out, ")\r\n");
	return s->some ? SIEVE_PASS : SIEVE_DROP;
}

/* --- LIST, SEARCH -------------------------------------------------------- */

static const char *
list_attributes(const char *p, struct buf *out)
{
	const char *sep = "";

	if (*p++ != '(')
		return NULL;
	buf_putc(out, '(');
	while (*p == '\\') {
		size_t n = 1;

		while (isalpha((unsigned char)p[n]))
			n++;
		if (n == 1 || (p[n] != ' ' && p[n] != ')'))
			return NULL;
		buf_puts(out, sep);
		buf_add(out, p, n);
		sep = " ";
		p += n;
		p += strspn(p, " ");
	}
	buf_puts(out, ") ");
	return p[0] == ')' && p[1] == ' ' ? p + 2 : NULL;
}

/* * LIST (\Attribute) "/" name */
static enum sieve_is
list(struct sieve *s, const char *p, struct buf *out, size_t *literal)
{
	const char *end;

	p = list_attributes(p, out);
	if (p == NULL)
		return SIEVE_DROP;
	end = *p == '"' ? quoted_end(p) : p + 3;
	if (end == NULL || end - p > 4 || end - p < 3 ||
	    (*p != '"' && strncasecmp(p, "NIL", 3) != 0) || *end != ' ')
		return SIEVE_DROP;
	buf_add(out, p, (size_t)(end - p));
	buf_putc(out, ' ');
	p = end + 1;
	if (literal_at(p, literal)) {
		buf_printf(out, "{%zu}\r\n", *literal);
		s->in = SIEVE_LIST;
		return SIEVE_LITERAL;
	}
	if (*p == '"' ? quoted_end(p) != p + strlen(p)
		      : *p == '\0' || p[strcspn(p, " (){%*\"\\")] != '\0')
		return SIEVE_DROP;
	buf_puts(out, p);
	buf_puts(out, "\r\n");
	return SIEVE_PASS;
}

static enum sieve_is
search(const char *p, struct buf *out)
{
	unsigned long n;

	buf_puts(out, "* SEARCH");
	while (*(p += strspn(p, " ")) != '\0') {
		if (!sieve_number(&p, &n) || n == 0 ||
		    (*p != ' ' && *p != '\0'))
			return SIEVE_BROKEN;
		buf_printf(out, " %lu", n);
	}
	buf_puts(out, "\r\n");
	return SIEVE_PASS;
}

/* --- lines --------------------------------------------------------------- */

static enum sieve_is
untagged(struct sieve *s, const char *p, struct buf *out, size_t *literal)
{
	unsigned long n;

	if (sieve_word(p, "SEARCH"))
		return search(p + 6, out);
	if (sieve_word(p, "LIST")) {
		buf_puts(out, "* LIST ");
		return list(s, p + 4 + (p[4] == ' '), out, literal);
	}
	if (!isdigit((unsigned char)*p))
		return SIEVE_DROP;
	if (!sieve_number(&p, &n) || *p++ != ' ')
		return SIEVE_BROKEN;
	if (!sieve_word(p, "FETCH"))
		return SIEVE_DROP;
	if (n == 0 || strncmp(p + 5, " (", 2) != 0)
		return SIEVE_BROKEN;
	s->in = SIEVE_FETCH;
	buf_printf(out, "* %lu FETCH (", n);
	return fetch(s, p + 7, out, literal);
}

static enum sieve_is
tagged(const char *p, struct buf *out)
{
	static const char *const ends[] = { "OK", "NO", "BAD" };
	size_t n = strcspn(p, " ");

	for (size_t k = 0; k < n; k++)
		if (!isalnum((unsigned char)p[k]))
			return SIEVE_BROKEN;
	for (size_t k = 0; p[n] == ' ' && k < 3; k++)
		if (n > 0 && n < 15 && sieve_word(p + n + 1, ends[k])) {
			buf_add(out, p, n);
			buf_printf(out, " %s done\r\n", ends[k]);
			return SIEVE_PASS;
		}
	return SIEVE_BROKEN;
}

enum sieve_is
sieve_line(struct sieve *s, const char *p, struct buf *out, size_t *literal,
	   const char **why)
{
	enum sieve_is is;

	*why = "a reply that is none";
	if (s->in == SIEVE_FETCH) {
		is = fetch(s, p, out, literal);
	} else if (s->in == SIEVE_LIST) {
		buf_puts(out, "\r\n");
		is = *p == '\0' ? SIEVE_PASS : SIEVE_BROKEN;
	} else if (*p == '+') {
		buf_puts(out, "+ go\r\n");
		is = SIEVE_PASS;
	} else if (strncmp(p, "* ", 2) == 0) {
		is = untagged(s, p + 2, out, literal);
	} else {
		is = tagged(p, out);
	}
	if (out->full)
		is = SIEVE_BROKEN;
	if (is != SIEVE_LITERAL)
		memset(s, 0, sizeof(*s));
	return is;
}
