/*
 * markdown: libcmark parses, the tree is made harmless, libcmark renders.
 * Before that the few things are escaped that CommonMark would swallow.
 */
#include "gateways/mail/markdown.h"

#include <cmark.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/markup.h"
#include "daemon/base/mem.h"

#define LABEL_MAX 1000 /* octets of a link's label, as CommonMark has it */
#define FENCE_MIN 3
#define RULE_MIN 3 /* dashes of a rule */

/* --- before it is parsed --------------------------------------------------- */

/* Is there "http://" or "https://" at p? Its length, or 0. */
static size_t
scheme_at(const char *p, const char *end)
{
	size_t left = (size_t)(end - p);

	if (left > 8 && strncasecmp(p, "https://", 8) == 0)
		return 8;
	return left > 7 && strncasecmp(p, "http://", 7) == 0 ? 7 : 0;
}

/* The end of the page's address that begins at p: signs that close a sentence
 * or a bracket do not belong to it. */
static const char *
address_end(const char *p, const char *end)
{
	const char *q = p;
	int open = 0;

	while (q < end && (unsigned char)*q > ' ' && *q != '<' && *q != '>' &&
	       *q != '"' && *q != '`' && *q != '\\') {
		open += *q == '(';
		open -= *q == ')';
		if (open < 0)
			break;
		q++;
	}
	while (q > p && strchr(".,;:!?'*_~", q[-1]) != NULL)
		q--;
	return q;
}

/* "[label]:" would define a link, and not be shown. */
static bool
defines_link(const char *p, const char *end)
{
	if (*p != '[')
		return false;
	for (size_t i = 1; i <= LABEL_MAX && p + i < end; i++) {
		if (p[i] == ']')
			return p + i + 1 < end && p[i + 1] == ':';
		if (p[i] == '[')
			return false;
		if (p[i] == '\n' && p + i + 1 < end && p[i + 1] == '\n')
			return false;
		i += p[i] == '\\';
	}
	return false;
}

/* Past what may stand before a block: quotes, marks of lists, spaces. */
static const char *
skip_marks(const char *p, const char *end)
{
	for (;;) {
		const char *q = p;

		while (q < end && (*q == ' ' || *q == '>' || *q == '\t'))
			q++;
		while (q < end && isdigit((unsigned char)*q))
			q++;
		if (q + 1 < end && strchr("-*+.)", *q) != NULL && q[1] == ' ')
			q += 2;
		else if (q > p && isdigit((unsigned char)q[-1]))
			return p;
		if (q == p)
			return p;
		p = q;
	}
}

/* Marks within an address of a page are letters of it. */
static const char *
copy_address(const char *p, const char *end, struct buf *out)
{
	const char *stop = address_end(p, end);

	for (; p < stop; p++) {
		if (*p == '*' || *p == '_')
			(void)buf_putc(out, '\\');
		(void)buf_putc(out, *p);
	}
	return stop;
}

/* Where "==" or "--" begins that would make a heading of the line above it:
 * people write it before their names. NULL: the line is none. */
static const char *
underline_at(const char *p, const char *end)
{
	const char *q;

	while (p < end && (*p == ' ' || *p == '>'))
		p++;
	if (p == end || (*p != '=' && *p != '-'))
		return NULL;
	for (q = p; q < end && *q == *p;)
		q++;
	if (*p == '-' && q - p >= RULE_MIN)
		return NULL;
	while (end > q && strchr(" \t\r", end[-1]) != NULL)
		end--;
	return q == end ? p : NULL;
}

/* One line, outside of code. */
static void
copy_line(const char *p, const char *line_end, const char *end, struct buf *out)
{
	const char *under = underline_at(p, line_end);
	const char *q = under ? under : skip_marks(p, line_end);
	char before = ' ';

	(void)buf_add(out, p, (size_t)(q - p));
	if (under || (q < line_end && defines_link(q, end)))
		(void)buf_putc(out, '\\');
	while (q < line_end) {
		if (scheme_at(q, line_end) > 0 && before != '<' &&
		    before != '`' && !isalnum((unsigned char)before)) {
			q = copy_address(q, line_end, out);
			before = q[-1];
			continue;
		}
		before = *q;
		(void)buf_putc(out, *q++);
	}
}

/* How many of ``` or ~~~ begin the line? Then *sign says which. */
static size_t
fence_at(const char *p, const char *end, char *sign)
{
	size_t n = 0;

	p = skip_marks(p, end);
	*sign = p < end ? *p : '\0';
	if (*sign != '`' && *sign != '~')
		return 0;
	while (p + n < end && p[n] == *sign)
		n++;
	if (*sign == '`' && memchr(p + n, '`', (size_t)(end - p) - n) != NULL)
		return 0;
	return n >= FENCE_MIN ? n : 0;
}

/* What would be swallowed gets a backslash; code stays as it is. */
static void
protect(const char *text, size_t n, struct buf *out)
{
	const char *end = text + n;
	char fence = '\0';
	size_t fence_len = 0;

	for (const char *p = text; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *line_end = nl ? nl : end;
		char sign;
		size_t len = fence_at(p, line_end, &sign);

		if (fence == '\0' && len > 0) {
			fence = sign;
			fence_len = len;
			(void)buf_add(out, p, (size_t)(line_end - p));
		} else if (fence != '\0') {
			if (len >= fence_len && sign == fence)
				fence = '\0';
			(void)buf_add(out, p, (size_t)(line_end - p));
		} else {
			copy_line(p, line_end, end, out);
		}
		if (nl)
			(void)buf_putc(out, '\n');
		p = line_end + (nl != NULL);
	}
}

/* --- the tree -------------------------------------------------------------- */

static cmark_node *
text_node(const char *s, size_t n)
{
	cmark_node *t = cmark_node_new(CMARK_NODE_TEXT);
	char *copy = mem_strndup(s, n);

	(void)cmark_node_set_literal(t, copy);
	mem_free(copy);
	return t;
}

static void
drop(cmark_node *node)
{
	cmark_node_unlink(node);
	cmark_node_free(node);
}

/* Children of one go before another. */
static void
lift(cmark_node *from, cmark_node *before)
{
	cmark_node *child;

	while ((child = cmark_node_first_child(from)) != NULL)
		(void)cmark_node_insert_before(before, child);
}

static void
adopt(cmark_node *to, cmark_node *from)
{
	cmark_node *child;

	while ((child = cmark_node_first_child(from)) != NULL)
		(void)cmark_node_append_child(to, child);
}

/* Lines of a text, with breaks between, into a paragraph. */
static void
append_lines(cmark_node *paragraph, const char *s)
{
	while (*s != '\0') {
		size_t n = strcspn(s, "\n");

		(void)cmark_node_append_child(paragraph, text_node(s, n));
		s += n + (s[n] == '\n');
		if (*s != '\0')
			(void)cmark_node_append_child(
				paragraph,
				cmark_node_new(CMARK_NODE_LINEBREAK));
	}
}

static void
show_html_block(cmark_node *node)
{
	cmark_node *p = cmark_node_new(CMARK_NODE_PARAGRAPH);

	append_lines(p, cmark_node_get_literal(node));
	(void)cmark_node_insert_before(node, p);
	drop(node);
}

static void
show_html_inline(cmark_node *node)
{
	const char *s = cmark_node_get_literal(node);

	(void)cmark_node_insert_before(node, text_node(s, strlen(s)));
	drop(node);
}

static bool
may_link(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0 ||
	       strncasecmp(url, "http://", 7) == 0 ||
	       strncasecmp(url, "mailto:", 7) == 0;
}

static bool
is_inside(cmark_node *node, cmark_node_type type)
{
	while ((node = cmark_node_parent(node)) != NULL)
		if (cmark_node_get_type(node) == type)
			return true;
	return false;
}

/* A link to nowhere that we go: its words, and the address beside them. */
static void
show_address(cmark_node *node, const char *url)
{
	bool bare = cmark_node_first_child(node) == NULL;
	char *s = bare ? mem_strdup(url) : mem_printf(" (%s)", url);

	lift(node, node);
	if (*url != '\0')
		(void)cmark_node_insert_before(node, text_node(s, strlen(s)));
	mem_free(s);
	drop(node);
}

static void
fix_link(cmark_node *node)
{
	const char *url = cmark_node_get_url(node);

	if (!may_link(url)) {
		show_address(node, url);
		return;
	}
	(void)cmark_node_set_title(node, "");
	if (cmark_node_first_child(node) == NULL)
		(void)cmark_node_append_child(node,
					      text_node(url, strlen(url)));
}

/* Pictures are not fetched from elsewhere: a link stands for each. */
static void
fix_image(cmark_node *node)
{
	const char *url = cmark_node_get_url(node);
	cmark_node *link;

	if (!may_link(url) || is_inside(node, CMARK_NODE_LINK)) {
		show_address(node, url);
		return;
	}
	link = cmark_node_new(CMARK_NODE_LINK);
	(void)cmark_node_set_url(link, url);
	adopt(link, node);
	(void)cmark_node_insert_before(node, link);
	drop(node);
	fix_link(link);
}

/* "# words" is a bold line. What a line of dashes underlines is a paragraph
 * with a rule below it. */
static void
fix_heading(cmark_node *node)
{
	bool underlined =
		cmark_node_get_end_line(node) > cmark_node_get_start_line(node);
	cmark_node *p = cmark_node_new(CMARK_NODE_PARAGRAPH), *strong;

	(void)cmark_node_insert_before(node, p);
	if (underlined) {
		adopt(p, node);
		(void)cmark_node_insert_before(
			node, cmark_node_new(CMARK_NODE_THEMATIC_BREAK));
	} else {
		strong = cmark_node_new(CMARK_NODE_STRONG);
		adopt(strong, node);
		(void)cmark_node_append_child(p, strong);
	}
	drop(node);
}

/* Addresses of pages within a text become links. */
static void
link_addresses(cmark_node *node)
{
	const char *s = cmark_node_get_literal(node), *done = s;
	const char *end = s + strlen(s);

	if (is_inside(node, CMARK_NODE_LINK))
		return;
	for (const char *p = s; p < end; p++) {
		size_t n = scheme_at(p, end);
		const char *stop = n > 0 ? address_end(p, end) : p;
		cmark_node *link;
		char *url;

		if ((size_t)(stop - p) <= n ||
		    (p > s && isalnum((unsigned char)p[-1])))
			continue;
		if (p > done)
			(void)cmark_node_insert_before(
				node, text_node(done, (size_t)(p - done)));
		url = mem_strndup(p, (size_t)(stop - p));
		link = cmark_node_new(CMARK_NODE_LINK);
		(void)cmark_node_set_url(link, url);
		(void)cmark_node_append_child(link,
					      text_node(url, strlen(url)));
		(void)cmark_node_insert_before(node, link);
		mem_free(url);
		done = stop;
		p = stop - 1;
	}
	if (done == s)
		return;
	if (*done != '\0')
		(void)cmark_node_insert_before(node,
					       text_node(done, strlen(done)));
	drop(node);
}

/* A node may be changed when it is left, a leaf when it is met. */
static void
fix_node(cmark_node *node, cmark_event_type event)
{
	bool left = event == CMARK_EVENT_EXIT;

	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_HTML_BLOCK:
		show_html_block(node);
		break;
	case CMARK_NODE_HTML_INLINE:
		show_html_inline(node);
		break;
	case CMARK_NODE_TEXT:
		link_addresses(node);
		break;
	case CMARK_NODE_CODE_BLOCK:
		(void)cmark_node_set_fence_info(node, "");
		break;
	case CMARK_NODE_LINK:
		if (left)
			fix_link(node);
		break;
	case CMARK_NODE_IMAGE:
		if (left)
			fix_image(node);
		break;
	case CMARK_NODE_HEADING:
		if (left)
			fix_heading(node);
		break;
	default:
		break;
	}
}

static void
fix_tree(cmark_node *root)
{
	cmark_iter *it;
	cmark_event_type event;

	cmark_consolidate_text_nodes(root);
	it = cmark_iter_new(root);
	while ((event = cmark_iter_next(it)) != CMARK_EVENT_DONE)
		fix_node(cmark_iter_get_node(it), event);
	cmark_iter_free(it);
}

/* --- both ------------------------------------------------------------------ */

void
markdown_plain(const char *text, size_t n, struct buf *out)
{
	markup_escape_lines(out, text, n, "<br />\n");
}

void
markdown_html(const char *text, size_t n, struct buf *out)
{
	const int options =
		CMARK_OPT_SAFE | CMARK_OPT_HARDBREAKS | CMARK_OPT_VALIDATE_UTF8;
	struct buf safe;
	cmark_node *root;
	char *html;

	if (n > MARKDOWN_MAX) {
		(void)buf_puts(out, "<p>");
		markdown_plain(text, n, out);
		(void)buf_puts(out, "</p>\n");
		return;
	}
	buf_init(&safe, 2 * MARKDOWN_MAX + 1);
	protect(text, n, &safe);
	root = cmark_parse_document(buf_str(&safe), safe.len, options);
	fix_tree(root);
	html = cmark_render_html(root, options);
	(void)buf_puts(out, html);
	free(html);
	cmark_node_free(root);
	buf_release(&safe);
}
