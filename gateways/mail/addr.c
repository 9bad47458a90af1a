#include "gateways/mail/addr.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/word.h"

#define PIECE_MAX ((size_t)32 * 1024)
#define ADDRESS_MAX 998

/* One address while it is read. */
struct item {
	struct buf phrase;  /* words outside of brackets and comments */
	struct buf angle;   /* inside of <> */
	struct buf comment; /* inside of () */
	bool angled;
	bool quoted; /* the phrase had a quoted string */
};

static void
item_clear(struct item *t)
{
	buf_clear(&t->phrase);
	buf_clear(&t->angle);
	buf_clear(&t->comment);
	t->angled = false;
	t->quoted = false;
}

/* Trim blanks and quotes that wrap the whole of s. */
static char *
decoded(const char *other, const char *p, size_t n)
{
	struct buf b;
	size_t from = 0;
	char *s;

	buf_init(&b, PIECE_MAX * 3);
	word_decode(&b, other, p, n);
	while (b.len && (b.data[b.len - 1] == ' '))
		b.data[--b.len] = '\0';
	while (from < b.len && b.data[from] == ' ')
		from++;
	if (b.len - from > 1 && b.data[from] == '"' &&
	    b.data[b.len - 1] == '"') {
		b.data[--b.len] = '\0';
		from++;
	}
	s = mem_strdup(buf_str(&b) + from);
	buf_release(&b);
	return s;
}

/* An address without blanks, route and stray brackets. */
static char *
tidy(const char *p, size_t n)
{
	char *s = decoded(NULL, p, n);
	char *from = s, *to = s, *colon;
	bool quoted = false;
	int depth = 0;

	if (*s == '@' && (colon = strrchr(s, ':')) != NULL)
		from = colon + 1;
	if (strncmp(from, "mailto:", 7) == 0)
		from += 7;
	for (; *from && to - s < ADDRESS_MAX; from++) {
		if (*from == '"')
			quoted = !quoted;
		if (!quoted && (*from == '(' || *from == ')')) {
			depth += *from == '(' ? 1 : -1;
			continue;
		}
		if (depth > 0)
			continue;
		if (strchr("<>\t", *from) || (*from == ' ' && !quoted))
			continue;
		*to++ = *from;
	}
	*to = '\0';
	return s;
}

static void
put(struct addrs *a, char *name, char *address)
{
	if (!*address || a->count == ADDR_MAX) {
		mem_free(name);
		mem_free(address);
		return;
	}
	a->list[a->count].name = name;
	a->list[a->count++].address = address;
}

/* Octets of the user name of one's own system that p begins with. */
static size_t
local_name(const char *p)
{
	return strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789._-");
}

/* "ana, luis, eva@x.es": names without a domain are addresses of their own. */
static void
split_locals(struct addrs *a, struct item *t)
{
	size_t n;

	while (!t->angled && !t->quoted &&
	       (n = local_name(buf_str(&t->phrase))) != 0 &&
	       strncmp(t->phrase.data + n, ", ", 2) == 0) {
		put(a, mem_strdup(""), tidy(t->phrase.data, n));
		buf_drop(&t->phrase, n + 2);
	}
}

/* "a@test . example": blanks around a dot are none (RFC 5322 4.4). */
static size_t
after_dot(const char *p, size_t n, size_t at)
{
	size_t i = at;

	while (i < n && p[i] == ' ')
		i++;
	if (i < n && p[i] == '.')
		at = i + 1;
	if (at > 0 && at < n && p[at - 1] == '.')
		while (at < n && p[at] == ' ')
			at++;
	return at;
}

/* Without brackets: the word with an @ is the address. */
static bool
bare(struct addrs *a, const char *other, struct item *t)
{
	const char *p = buf_str(&t->phrase);
	const char *at = strrchr(p, '@');
	size_t from, to, n = t->phrase.len;
	struct buf rest;

	if (!at)
		return false;
	from = (size_t)(at - p);
	to = from + 1;
	if (to < n && p[to] == ' ' && from && p[from - 1] == ' ') {
		put(a, mem_strdup(""), tidy(p, n)); /* a @ b */
		return true;
	}
	while (from && !strchr(" \t[(", p[from - 1]))
		from--;
	while (to < n && !strchr(" \t])", p[to]))
		to = after_dot(p, n, to + 1);
	buf_init(&rest, PIECE_MAX * 2);
	(void)buf_add(&rest, p, from);
	(void)buf_add(&rest, p + to, n - to);
	while (rest.len && strchr(" [(", rest.data[rest.len - 1]))
		rest.data[--rest.len] = '\0';
	if (!rest.len)
		(void)buf_add(&rest, buf_str(&t->comment), t->comment.len);
	put(a, decoded(other, buf_str(&rest), rest.len),
	    tidy(p + from, to - from));
	buf_release(&rest);
	return true;
}

/* The item ends. true: it was used; false: it is a piece of a name. */
static bool
finish(struct addrs *a, const char *other, struct item *t, bool last)
{
	struct buf *name = t->phrase.len ? &t->phrase : &t->comment;
	const char *p = buf_str(&t->phrase);

	while (t->phrase.len && strchr(" \t", p[t->phrase.len - 1]))
		t->phrase.data[--t->phrase.len] = '\0';
	if (t->angled && (t->angle.len || last)) {
		if (!strchr(buf_str(&t->angle), '@') && strchr(p, '@') &&
		    bare(a, other, t))
			return true;
		put(a, decoded(other, buf_str(name), name->len),
		    tidy(buf_str(&t->angle), t->angle.len));
		return true;
	}
	if (!t->phrase.len)
		return true;
	if (last || strchr(p, '@'))
		split_locals(a, t);
	p = buf_str(&t->phrase);
	if (!t->quoted && bare(a, other, t))
		return true;
	if (t->quoted && strchr(p, '@') && last && bare(a, other, t))
		return true;
	if (!last)
		return false;
	if (!t->quoted && !strchr(p, ' ')) {
		put(a, decoded(other, buf_str(&t->comment), t->comment.len),
		    tidy(p, t->phrase.len));
		return true;
	}
	return true;
}

static size_t
read_quoted(struct item *t, const char *p, size_t n, size_t i)
{
	size_t end = i + 1;

	while (end < n && p[end] != '"')
		end += p[end] == '\\' ? 2 : 1;
	if (end >= n) /* never closed: the quote is just a character */
		return i + 1;
	t->quoted = true;
	if (end + 1 < n && p[end + 1] == '@') {
		(void)buf_add(&t->phrase, p + i, end + 1 - i);
		t->quoted = false;
		return end + 1;
	}
	for (size_t k = i + 1; k < end; k++) {
		if (p[k] == '\\' && k + 1 < end)
			k++;
		(void)buf_putc(&t->phrase, p[k]);
	}
	return end + 1;
}

static size_t
read_comment(struct item *t, const char *p, size_t n, size_t i)
{
	int depth = 1;
	size_t k = i + 1;

	if (t->comment.len)
		(void)buf_putc(&t->comment, ' ');
	while (k < n && depth) {
		if (p[k] == '\\' && k + 1 < n) {
			k++;
		} else if (p[k] == '(') {
			depth++;
		} else if (p[k] == ')' && --depth == 0) {
			k++;
			break;
		}
		(void)buf_putc(&t->comment, p[k++]);
	}
	return k;
}

static size_t
read_angle(struct item *t, const char *p, size_t n, size_t i)
{
	size_t k = i + 1;

	buf_clear(&t->angle);
	t->angled = true;
	while (k < n && p[k] != '>') {
		if (p[k] == ',' && memchr(p + k, '>', n - k) == NULL)
			break;
		if (p[k] == '<')
			buf_clear(&t->angle);
		else
			(void)buf_putc(&t->angle, p[k]);
		k++;
	}
	return k < n && p[k] == '>' ? k + 1 : k;
}

/* One character that is no quote, comment or bracket. */
static void
read_plain(struct addrs *a, const char *other, struct item *t, char c)
{
	if (c == ',' || c == ';') {
		if (finish(a, other, t, c == ';'))
			item_clear(t);
		else
			(void)buf_puts(&t->phrase, ", ");
	} else if (c == ':' && !t->angled &&
		   !strchr(buf_str(&t->phrase), '@')) {
		item_clear(t); /* the name of a group */
	} else if (c != ' ' && c != '\t') {
		(void)buf_putc(&t->phrase, c);
	} else if (t->phrase.len && t->phrase.data[t->phrase.len - 1] != ' ') {
		(void)buf_putc(&t->phrase, ' ');
	}
}

void
addr_read(struct addrs *a, const char *other, const char *p, size_t n)
{
	struct item t = { 0 };
	size_t i = 0, w;

	buf_init(&t.phrase, PIECE_MAX * 2);
	buf_init(&t.angle, PIECE_MAX);
	buf_init(&t.comment, PIECE_MAX * 2);
	while (i < n && a->count < ADDR_MAX) {
		if (p[i] == '=' && (w = word_length(p + i, n - i)) != 0) {
			(void)buf_add(t.angled && !t.angle.len ? &t.angle
							       : &t.phrase,
				      p + i, w);
			i += w;
		} else if (p[i] == '"') {
			i = read_quoted(&t, p, n, i);
		} else if (p[i] == '(') {
			i = read_comment(&t, p, n, i);
		} else if (p[i] == '<') {
			i = read_angle(&t, p, n, i);
		} else {
			read_plain(a, other, &t, p[i++]);
		}
	}
	(void)finish(a, other, &t, true);
	buf_release(&t.phrase);
	buf_release(&t.angle);
	buf_release(&t.comment);
}

void
addr_release(struct addrs *a)
{
	for (size_t i = 0; i < a->count; i++) {
		mem_free(a->list[i].name);
		mem_free(a->list[i].address);
	}
	a->count = 0;
}
