#include "gateways/whatsapp/marks.h"

#include <cmark.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "gateways/common/light.h"

#define SIGNS "*_~`"
#define BREAKER "\xe2\x80\x8b" /* U+200B */
#define PREFIX_MAX 64          /* of nested quotes and lists; deeper: no more */
#define OPEN_MAX 8             /* marks within one another */
#define GROWTH 8               /* how much longer marks may make a text */

/* Where and how the next letter is written. */
struct pen {
	struct buf *out;
	char prefix[PREFIX_MAX]; /* of each line */
	char open[OPEN_MAX];     /* marks that are open, outermost first */
	size_t open_n;
	char before; /* the last octet of this line; '\n': none */
};

size_t
marks_count(const char *text, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* --- the pen ------------------------------------------------------------------- */

static void
put(struct pen *p, const char *s, size_t n)
{
	if (n == 0)
		return;
	if (p->before == '\n')
		(void)buf_puts(p->out, p->prefix);
	(void)buf_add(p->out, s, n);
	p->before = s[n - 1];
}

static void
put_end_of_line(struct pen *p)
{
	(void)buf_putc(p->out, '\n');
	p->before = '\n';
}

/* Marks are closed before the end of a line, and open again after it. */
static void
put_break(struct pen *p)
{
	for (size_t i = p->open_n; i > 0; i--)
		put(p, &p->open[i - 1], 1);
	put_end_of_line(p);
	put(p, p->open, p->open_n);
}

/* Lines of a text in which nothing is a mark. */
static void
put_lines(struct pen *p, const char *s)
{
	size_t n = strlen(s);

	while (n > 0 && s[n - 1] == '\n')
		n--;
	for (const char *end = s + n; s < end;) {
		size_t k = strcspn(s, "\n");

		if (s + k > end)
			k = (size_t)(end - s);
		put(p, s, k);
		s += k;
		if (s < end) {
			put_end_of_line(p);
			s++;
		}
	}
}

static bool
is_letter(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool
is_space(char c)
{
	return c == '\0' || c == '\n' || c == ' ' || c == '\t';
}

/* Could the sign begin a mark here, or end one? Within a word, and with
 * spaces around it, it is what it is. */
static bool
may_mark(char before, char after)
{
	return (!is_letter(before) && !is_space(after)) ||
	       (!is_space(before) && !is_letter(after));
}

/* Text: signs that could be marks are broken, if there are two in it. */
static void
put_text(struct pen *p, const char *s)
{
	const char *end = s + strlen(s);

	for (const char *at = s; at < end; at++) {
		size_t n = light_scheme(at, end);
		const char *stop = n > 0 ? light_address_end(at, end) : at;
		bool sign = strchr(SIGNS, *at) != NULL;
		bool opens = sign && !is_letter(p->before);

		if ((size_t)(stop - at) > n) {
			put(p, at, (size_t)(stop - at));
			at = stop - 1;
		} else if (!sign || !may_mark(p->before, at[1]) ||
			   strchr(s, *at) == strrchr(s, *at)) {
			put(p, at, 1);
		} else {
			if (!opens)
				put(p, BREAKER, strlen(BREAKER));
			put(p, at, 1);
			if (opens)
				put(p, BREAKER, strlen(BREAKER));
		}
	}
}

/* --- within a line --------------------------------------------------------------- */

static void put_inlines(struct pen *p, cmark_node *first);

/* The first octet after a node; 0: none, or it is not known. */
static char
after(cmark_node *node)
{
	cmark_node *next = cmark_node_next(node);

	return next && cmark_node_get_type(next) == CMARK_NODE_TEXT
		       ? *cmark_node_get_literal(next)
		       : '\0';
}

/* WhatsApp sees no mark within a word, where it was not meant either (5*3*2):
 * what was typed stays. Within one of its kind a mark says nothing more. */
static void
put_marked(struct pen *p, cmark_node *node, const char *mark, const char *typed)
{
	bool inside = is_letter(p->before) || is_letter(after(node));
	bool again = p->open_n >= OPEN_MAX ||
		     memchr(p->open, *mark, p->open_n) != NULL;
	const char *put_it = inside ? typed : again ? "" : mark;
	bool opens = put_it == mark;

	put(p, put_it, strlen(put_it));
	if (opens)
		p->open[p->open_n++] = *mark;
	put_inlines(p, cmark_node_first_child(node));
	if (opens)
		p->open_n--;
	put(p, put_it, strlen(put_it));
}

/* The words of a link, and where it goes, unless these are the same. */
static void
put_link(struct pen *p, cmark_node *node)
{
	const char *url = cmark_node_get_url(node);
	cmark_node *child = cmark_node_first_child(node);
	bool bare = !child || (cmark_node_get_type(child) == CMARK_NODE_TEXT &&
			       !cmark_node_next(child) &&
			       strcmp(cmark_node_get_literal(child), url) == 0);

	if (bare) {
		put(p, url, strlen(url));
		return;
	}
	put_inlines(p, child);
	if (*url == '\0')
		return;
	put(p, " (", 2);
	put(p, url, strlen(url));
	put(p, ")", 1);
}

static void
put_code(struct pen *p, const char *s)
{
	put(p, "`", 1);
	put(p, s, strlen(s));
	put(p, "`", 1);
}

static void
put_inline(struct pen *p, cmark_node *node)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_TEXT:
		put_text(p, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_SOFTBREAK:
	case CMARK_NODE_LINEBREAK:
		put_break(p);
		break;
	case CMARK_NODE_CODE:
		put_code(p, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_HTML_INLINE:
		put_lines(p, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_EMPH:
		put_marked(p, node, "_", "*");
		break;
	case CMARK_NODE_STRONG:
		put_marked(p, node, "*", "**");
		break;
	case CMARK_NODE_LINK:
	case CMARK_NODE_IMAGE:
		put_link(p, node);
		break;
	default:
		put_inlines(p, cmark_node_first_child(node));
	}
}

static void
put_inlines(struct pen *p, cmark_node *first)
{
	for (; first; first = cmark_node_next(first))
		put_inline(p, first);
}

/* --- blocks -------------------------------------------------------------------------- */

static void put_blocks(struct pen *p, cmark_node *first, bool tight);

/* Blocks whose lines begin with something more. */
static void
put_inside(struct pen *p, const char *more, cmark_node *first, bool tight)
{
	size_t n = strlen(p->prefix);

	if (n + strlen(more) < PREFIX_MAX)
		memcpy(p->prefix + n, more, strlen(more) + 1);
	put_blocks(p, first, tight);
	p->prefix[n] = '\0';
}

static void
put_list(struct pen *p, cmark_node *list)
{
	bool tight = cmark_node_get_list_tight(list);
	bool numbers = cmark_node_get_list_type(list) == CMARK_ORDERED_LIST;
	int number = cmark_node_get_list_start(list);

	for (cmark_node *item = cmark_node_first_child(list); item;
	     item = cmark_node_next(item), number++) {
		char mark[16];
		int n = numbers ? snprintf(mark, sizeof(mark), "%d. ", number)
				: snprintf(mark, sizeof(mark), "- ");

		put(p, mark, (size_t)n);
		p->before = ' ';
		if (cmark_node_first_child(item))
			put_inside(p, "  ", cmark_node_first_child(item),
				   tight);
		if (cmark_node_next(item)) {
			put_end_of_line(p);
			if (!tight)
				put_end_of_line(p);
		}
	}
}

/* "# words" is a bold line; what dashes underline keeps them. */
static void
put_heading(struct pen *p, cmark_node *node)
{
	if (cmark_node_get_end_line(node) == cmark_node_get_start_line(node)) {
		put_marked(p, node, "*", "**");
		return;
	}
	put_inlines(p, cmark_node_first_child(node));
	put_end_of_line(p);
	put(p, "---", 3);
}

/* A block, without the end of its last line. */
static void
put_block(struct pen *p, cmark_node *node)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_BLOCK_QUOTE:
		put(p, "> ", 2);
		p->before = ' ';
		put_inside(p, "> ", cmark_node_first_child(node), false);
		break;
	case CMARK_NODE_LIST:
		put_list(p, node);
		break;
	case CMARK_NODE_CODE_BLOCK:
		put(p, "```", 3);
		put_lines(p, cmark_node_get_literal(node));
		put(p, "```", 3);
		break;
	case CMARK_NODE_HTML_BLOCK:
		put_lines(p, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_THEMATIC_BREAK:
		put(p, "---", 3);
		break;
	case CMARK_NODE_HEADING:
		put_heading(p, node);
		break;
	default:
		put_inlines(p, cmark_node_first_child(node));
	}
}

static void
put_blocks(struct pen *p, cmark_node *first, bool tight)
{
	for (; first; first = cmark_node_next(first)) {
		put_block(p, first);
		if (!cmark_node_next(first))
			break;
		put_end_of_line(p);
		if (!tight) {
			/* a quote's empty line is one of the quote */
			if (strchr(p->prefix, '>') != NULL)
				put(p, "", 0);
			put_end_of_line(p);
		}
	}
}

/* --- all of it ---------------------------------------------------------------------- */

static void
render(const char *text, size_t n, struct buf *out)
{
	struct pen p = { .out = out, .before = '\n' };
	struct buf safe;
	cmark_node *root;

	buf_init(&safe, 2 * MARKS_OCTETS_MAX + 1);
	light_protect(text, n, &safe);
	root = cmark_parse_document(buf_str(&safe), safe.len,
				    CMARK_OPT_VALIDATE_UTF8);
	cmark_consolidate_text_nodes(root);
	put_blocks(&p, cmark_node_first_child(root), false);
	cmark_node_free(root);
	buf_release(&safe);
}

enum outcome
marks_write(const char *text, size_t n, size_t max, struct buf *out,
	    struct err *e)
{
	size_t count = marks_count(text, n);
	struct buf marked;
	bool fits;

	buf_init(&marked, n <= MARKS_OCTETS_MAX ? GROWTH * n + PREFIX_MAX : 1);
	if (n <= MARKS_OCTETS_MAX)
		render(text, n, &marked);
	fits = n <= MARKS_OCTETS_MAX && !marked.full &&
	       marks_count(buf_str(&marked), marked.len) <= max;
	if (fits)
		(void)buf_add(out, buf_str(&marked), marked.len);
	buf_release(&marked);
	if (fits)
		return OUT_OK;
	if (count > max)
		return err_code(e, OUT_PERM, "too_long",
				"the text has %zu characters, %zu may go",
				count, max);
	(void)buf_add(out, text, n);
	return OUT_OK;
}
