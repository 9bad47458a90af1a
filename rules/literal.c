#include "rules/literal.h"

#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/arena.h"
#include "rules/fold.h"
#include "rules/letter.h"
#include "rules/part.h"

#define CLASS_MAX 8  /* letters of a class that are spelled out */
#define DEPTH_MAX 60 /* of groups in groups */
#define IOTA 0x3B9   /* its class holds a mark, which folding drops */

struct reading {
	struct arena arena;
	const char *s;
	size_t n;
	size_t i;
	bool quoted; /* after \Q */
	bool exact;  /* the source was not folded */
	bool lost;   /* not surely understood */
	bool placed; /* it asks where the search began */
	int depth;
	size_t most; /* the largest number of a repeat */
};

/* --- reading ------------------------------------------------------------ */

static struct part read_either(struct reading *r);

static struct part
lose(struct reading *r)
{
	r->lost = true;
	r->i = r->n;
	return part_unknown();
}

static bool
ahead(const struct reading *r, const char *s)
{
	size_t n = strlen(s);

	return r->n - r->i >= n && memcmp(r->s + r->i, s, n) == 0;
}

/* One letter as folded text has it. false: it has none for sure. */
static bool
plain(const struct reading *r, uint32_t cp, char out[4], size_t *n_out)
{
	*n_out = 0;
	if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000))
		return false;
	if (r->exact && letter_plain(cp) == IOTA)
		return false;
	if (r->exact)
		cp = fold_char(cp);
	if (cp != 0)
		*n_out = utf8_encode(letter_plain(cp), out);
	return true;
}

static struct part
letter_part(struct reading *r, uint32_t cp)
{
	struct part p = part_any();
	char *s = arena_new(&r->arena, 4);
	size_t n;

	if (!plain(r, cp, s, &n))
		return p;
	p.exact = true;
	p.strs = set_new(&r->arena, 1);
	p.strs.at[0].s = s;
	p.strs.at[0].n = n;
	p.steps = 1;
	return p;
}

/* A letter as it is written. */
static struct part
read_letter(struct reading *r)
{
	uint32_t cp = 0;
	size_t n = utf8_next(r->s + r->i, r->n - r->i, &cp);

	if (n == 0)
		return lose(r);
	r->i += n;
	return letter_part(r, cp);
}

/* The digits of "\xhh" and "\x{h...}", after the x. */
static bool
read_hex(struct reading *r, uint32_t *cp_out)
{
	bool braces = r->i < r->n && r->s[r->i] == '{';
	size_t from = r->i += braces;
	uint32_t cp = 0;

	while (r->i < r->n && hash_hex_digit(r->s[r->i]) >= 0 &&
	       r->i - from < (braces ? 8U : 2U))
		cp = cp * 16 + (uint32_t)hash_hex_digit(r->s[r->i++]);
	if (braces && (r->i == from || r->i >= r->n || r->s[r->i++] != '}'))
		return false;
	*cp_out = cp;
	return true;
}

/* "{...}" or one letter, after \p and \P. */
static bool
read_property(struct reading *r)
{
	if (r->i < r->n && r->s[r->i] == '{')
		while (r->i < r->n && r->s[r->i] != '}')
			r->i++;
	return r->i++ < r->n;
}

/* The letter that a backslash and c mean, or 0. */
static uint32_t
control_letter(char c)
{
	static const char names[] = "tnrefa";
	static const char means[] = "\t\n\r\x1B\f\a";
	const char *at = c != '\0' ? strchr(names, c) : NULL;

	return at != NULL ? (uint32_t)means[at - names] : 0;
}

static bool
letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* From a backslash on, outside a class. */
static struct part
read_escape(struct reading *r)
{
	uint32_t cp;
	char c;

	if (++r->i >= r->n)
		return lose(r);
	c = r->s[r->i];
	if (!letter_or_digit(c))
		return read_letter(r);
	r->i++;
	if (c == 'x')
		return read_hex(r, &cp) ? letter_part(r, cp) : lose(r);
	if (control_letter(c) != 0)
		return letter_part(r, control_letter(c));
	r->placed = r->placed || c == 'G';
	if (strchr("bBAZzGK", c) != NULL)
		return part_nothing(&r->arena);
	if (c == 'p' || c == 'P')
		return read_property(r) ? part_any() : lose(r);
	if (c == 'N' && ahead(r, "{"))
		return lose(r);
	if (strchr("dDsSwWhHvVN", c) != NULL)
		return part_any();
	if (c == 'R' || c == 'X')
		return part_unknown();
	/* \1 to \9; with more digits it may be a letter */
	if (c >= '1' && c <= '9' &&
	    (r->i == r->n || r->s[r->i] < '0' || r->s[r->i] > '9'))
		return part_unknown();
	return lose(r);
}

/* A class as it is read. */
struct letters {
	uint32_t at[CLASS_MAX];
	size_t n;
	bool more; /* than that, or not known */
};

static void
letters_add(struct letters *l, uint32_t cp)
{
	if (l->n < CLASS_MAX)
		l->at[l->n++] = cp;
	else
		l->more = true;
}

/* The end of "[:alpha:]" at its bracket; 0: not surely one. */
static size_t
posix_end(const struct reading *r)
{
	size_t i = r->i + 2;

	while (i < r->n && (letter_or_digit(r->s[i]) || r->s[i] == '^' ||
			    r->s[i] == '<' || r->s[i] == '>'))
		i++;
	return i + 1 < r->n && r->s[r->i + 1] == ':' && r->s[i] == ':' &&
			       r->s[i + 1] == ']'
		       ? i + 2
		       : 0;
}

/* One thing of a class that may be an end of a range. false: it is no letter,
 * but something that holds many; or r is lost. */
static bool
class_letter(struct reading *r, uint32_t *cp)
{
	size_t n;
	char c;

	if (r->s[r->i] != '\\') {
		n = utf8_next(r->s + r->i, r->n - r->i, cp);
		r->i += n;
		return n != 0;
	}
	if (++r->i >= r->n)
		return false;
	c = r->s[r->i];
	if (!letter_or_digit(c)) {
		n = utf8_next(r->s + r->i, r->n - r->i, cp);
		r->i += n;
		return n != 0;
	}
	r->i++;
	*cp = c == 'b' ? '\b' : control_letter(c);
	if (c == 'x') {
		r->lost = r->lost || !read_hex(r, cp);
		return !r->lost;
	}
	if (c == 'p' || c == 'P')
		r->lost = r->lost || !read_property(r);
	else if (*cp == 0 && strchr("dDsSwWhHvV", c) == NULL)
		r->lost = true;
	return *cp != 0 && c != 'p' && c != 'P';
}

/* A letter, a range or something larger. */
static void
class_item(struct reading *r, struct letters *l)
{
	uint32_t from = 0;
	uint32_t to = 0;
	bool one = class_letter(r, &from);

	to = from;
	if (ahead(r, "-") && !ahead(r, "-]")) {
		r->i++;
		if (r->i >= r->n || r->s[r->i] == '[') {
			r->lost = true;
			return;
		}
		one = class_letter(r, &to) && one;
	}
	if (!one || to < from || to - from >= CLASS_MAX) {
		l->more = true;
		return;
	}
	for (; from <= to; from++)
		letters_add(l, from);
}

/* What is between the brackets. */
static void
read_class_inside(struct reading *r, struct letters *l)
{
	size_t first = r->i;

	while (!r->lost) {
		if (r->i >= r->n) {
			r->lost = true;
		} else if (r->s[r->i] == ']' && r->i != first) {
			r->i++;
			return;
		} else if (r->s[r->i] == '[' && r->i + 1 < r->n &&
			   strchr(":.=", r->s[r->i + 1]) != NULL) {
			r->i = posix_end(r);
			r->lost = r->i == 0;
			l->more = true;
		} else {
			class_item(r, l);
		}
	}
}

static struct part
read_class(struct reading *r)
{
	struct letters l = { .n = 0 };
	struct part p = part_any();
	bool negative;
	size_t i;

	r->i++;
	negative = ahead(r, "^");
	r->i += negative;
	read_class_inside(r, &l);
	if (r->lost)
		return lose(r);
	if (negative || l.more || l.n == 0)
		return p;
	p.strs = set_new(&r->arena, l.n);
	p.strs.n = 0;
	for (i = 0; i < l.n; i++) {
		struct part x = letter_part(r, l.at[i]);
		size_t k = 0;

		if (!x.exact)
			return part_any();
		while (k < p.strs.n && (p.strs.at[k].n != x.strs.at[0].n ||
					memcmp(p.strs.at[k].s, x.strs.at[0].s,
					       x.strs.at[0].n) != 0))
			k++;
		if (k == p.strs.n)
			p.strs.at[p.strs.n++] = x.strs.at[0];
	}
	p.exact = true;
	return p;
}

/* "i", "s-m", "^", ... of "(?...": all but those that change how the rest is
 * read. r->i is left behind them. */
static bool
read_options(struct reading *r)
{
	static const char known[] = "imsUJn";
	bool some = false;

	if (ahead(r, "^")) {
		r->i++;
		some = true;
	}
	while (r->i < r->n &&
	       (r->s[r->i] == '-' || strchr(known, r->s[r->i]) != NULL)) {
		r->i++;
		some = true;
	}
	return some && (ahead(r, ")") || ahead(r, ":"));
}

/* The name of a group, up to its end. */
static bool
read_name(struct reading *r, char end)
{
	const char *at = memchr(r->s + r->i, end, r->n - r->i);

	if (at == NULL)
		return false;
	r->i = (size_t)(at - r->s) + 1;
	return true;
}

enum opening {
	OPEN_GROUP,
	OPEN_AHEAD,   /* a text must have what is inside */
	OPEN_NOT,     /* or must not */
	OPEN_NOTHING, /* options for what follows */
	OPEN_LOST
};

static bool
skip(struct reading *r, const char *s)
{
	if (!ahead(r, s))
		return false;
	r->i += strlen(s);
	return true;
}

/* From "(" to where its inside begins. */
static enum opening
read_opening(struct reading *r)
{
	r->i++;
	if (ahead(r, "*"))
		return OPEN_LOST;
	if (!skip(r, "?"))
		return OPEN_GROUP;
	if (skip(r, ":") || skip(r, "|") || skip(r, ">"))
		return OPEN_GROUP;
	if (skip(r, "=") || skip(r, "<="))
		return OPEN_AHEAD;
	if (skip(r, "!") || skip(r, "<!"))
		return OPEN_NOT;
	if (ahead(r, "<*"))
		return OPEN_LOST;
	if (skip(r, "<") || skip(r, "P<"))
		return read_name(r, '>') ? OPEN_GROUP : OPEN_LOST;
	if (skip(r, "'"))
		return read_name(r, '\'') ? OPEN_GROUP : OPEN_LOST;
	if (!read_options(r))
		return OPEN_LOST;
	return r->s[r->i++] == ':' ? OPEN_GROUP : OPEN_NOTHING;
}

static struct part
read_group(struct reading *r)
{
	enum opening o = read_opening(r);
	struct part in;
	struct part p;

	if (o == OPEN_LOST || r->depth == DEPTH_MAX)
		return lose(r);
	if (o == OPEN_NOTHING)
		return part_nothing(&r->arena);
	r->depth++;
	in = read_either(r);
	r->depth--;
	if (r->lost || !skip(r, ")"))
		return lose(r);
	if (o == OPEN_GROUP)
		return in;
	p = part_nothing(&r->arena);
	p.steps = many_add(in.steps, 1);
	if (o == OPEN_AHEAD) {
		part_needs_of(&r->arena, &p, &in);
		if (in.exact)
			part_need(&r->arena, &p, in.strs);
	}
	return p;
}

static struct part
read_atom(struct reading *r)
{
	if (r->quoted)
		return read_letter(r);
	switch (r->s[r->i]) {
	case '\\':
		return read_escape(r);
	case '[':
		return read_class(r);
	case '(':
		return read_group(r);
	case '.':
		r->i++;
		return part_any();
	case '^':
	case '$':
		r->i++;
		return part_nothing(&r->arena);
	case '*':
	case '+':
	case '?':
	case '{':
		return lose(r);
	default:
		return read_letter(r);
	}
}

/* A number of "{n,m}". */
static bool
read_count(struct reading *r, size_t *out)
{
	size_t from = r->i;

	*out = 0;
	while (r->i < r->n && r->s[r->i] >= '0' && r->s[r->i] <= '9' &&
	       r->i - from < 6)
		*out = *out * 10 + (size_t)(r->s[r->i++] - '0');
	return r->i != from;
}

/* How often what was before may be there: once if nothing is said. */
static bool
read_repeat(struct reading *r, size_t *min, size_t *max)
{
	*min = 1;
	*max = 1;
	if (r->quoted || r->i >= r->n || strchr("*+?{", r->s[r->i]) == NULL ||
	    r->s[r->i] == '\0')
		return true;
	if (skip(r, "*")) {
		*min = 0;
		*max = 0;
	} else if (skip(r, "+")) {
		*max = 0;
	} else if (skip(r, "?")) {
		*min = 0;
	} else {
		r->i++;
		if (!read_count(r, min))
			return false;
		*max = *min;
		if (skip(r, ",") && !read_count(r, max))
			*max = 0;
		else if (*max == 0)
			return false; /* "{0}": so odd that it is let be */
		if (!skip(r, "}"))
			return false;
	}
	if (*min > r->most)
		r->most = *min;
	if (*max > r->most)
		r->most = *max;
	if (!skip(r, "?"))
		(void)skip(r, "+");
	return r->i >= r->n || r->s[r->i] == '\0' ||
	       strchr("*+?{", r->s[r->i]) == NULL;
}

/* \Q and \E, which mean nothing by themselves. */
static void
read_quotes(struct reading *r)
{
	for (;;) {
		if (skip(r, "\\E")) {
			r->quoted = false;
		} else if (!r->quoted && ahead(r, "\\Q")) {
			r->i += 2;
			r->quoted = true;
			if (!ahead(r, "\\E"))
				return;
		} else {
			return;
		}
	}
}

/* What stands between two bars. */
static struct part
read_sequence(struct reading *r)
{
	struct sequence q;

	sequence_begin(&r->arena, &q);
	while (!r->lost) {
		struct part p;
		size_t min;
		size_t max;

		read_quotes(r);
		if (r->i >= r->n ||
		    (!r->quoted && (r->s[r->i] == '|' || r->s[r->i] == ')')))
			break;
		p = read_atom(r);
		if (r->lost)
			break;
		if (ahead(r, "\\E"))
			read_quotes(r);
		if (!read_repeat(r, &min, &max))
			return lose(r);
		sequence_repeat(&r->arena, &q, &p, min, max);
	}
	return sequence_end(&r->arena, &q);
}

static struct part
read_either(struct reading *r)
{
	struct part p = read_sequence(r);

	while (!r->lost && r->i < r->n && r->s[r->i] == '|') {
		struct part next;

		r->i++;
		next = read_sequence(r);
		p = part_or(&r->arena, &p, &next);
	}
	return p;
}

/* --- what is handed out ------------------------------------------------- */

/* Put what all matches begin with first, if it is fit for that. */
static bool
lead_first(struct reading *r, struct part *p)
{
	struct set lead = part_lead(p);
	size_t n = 0;
	size_t i;
	size_t k;

	if (r->exact || r->placed || lead.n == 0 ||
	    lead.n > LITERAL_LEADS_MAX ||
	    set_shortest(&lead) < LITERAL_BYTES_MIN)
		return false;
	for (i = 0; i < p->need_n; i++) {
		for (k = 0; k < lead.n; k++)
			if (lead.at[k].s == p->needs[i].at[0].s)
				break;
		if (k == lead.n) /* it is another set */
			p->needs[n++] = p->needs[i];
	}
	n = n < LITERAL_SETS_MAX ? n : LITERAL_SETS_MAX - 1;
	for (i = n; i > 0; i--)
		p->needs[i] = p->needs[i - 1];
	p->needs[0] = set_fronts(&r->arena, &lead);
	p->need_n = n + 1;
	return true;
}

static struct literals *
pack(const struct part *p)
{
	struct literals *out;
	struct literal *at;
	size_t strings = 0;
	size_t bytes = 0;
	char *s;
	size_t i;
	size_t k;

	for (i = 0; i < p->need_n; i++)
		for (k = 0; k < p->needs[i].n; k++) {
			strings++;
			bytes += p->needs[i].at[k].n;
		}
	out = mem_new(1, sizeof *out + strings * sizeof *at + bytes);
	at = (struct literal *)(void *)(out + 1);
	s = (char *)(at + strings);
	out->n = p->need_n;
	out->steps = p->steps;
	for (i = 0; i < p->need_n; i++) {
		out->sets[i].at = at;
		out->sets[i].n = p->needs[i].n;
		for (k = 0; k < p->needs[i].n; k++, at++) {
			const struct literal *from = &p->needs[i].at[k];

			memcpy(s, from->s, from->n);
			at->s = s;
			at->n = from->n;
			s += from->n;
		}
	}
	return out;
}

struct literals *
literals_read(const char *s, size_t n, bool literal, bool exact)
{
	struct reading r = { .s = s, .n = n, .exact = exact };
	struct literals *out;
	struct part p;
	bool leads;

	r.quoted = literal;
	if (literal) {
		struct sequence q;

		sequence_begin(&r.arena, &q);
		while (!r.lost && r.i < r.n) {
			struct part x = read_letter(&r);

			sequence_add(&r.arena, &q, &x);
		}
		p = sequence_end(&r.arena, &q);
	} else {
		p = read_either(&r);
	}
	if (r.lost || r.i != r.n)
		p = part_unknown();
	else if (p.exact)
		part_need(&r.arena, &p, p.strs);
	leads = lead_first(&r, &p);
	out = pack(&p);
	out->leads = leads;
	out->most = r.lost || r.i != r.n ? SIZE_MAX : r.most;
	arena_release(&r.arena);
	return out;
}
