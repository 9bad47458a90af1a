/*
 * markdown: libcmark parses, the tree is made harmless, libcmark renders.
 * Before that light.c escapes what CommonMark would swallow.
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
#include "gateways/common/light.h"

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
		size_t n = light_scheme(p, end);
		const char *stop = n > 0 ? light_address_end(p, end) : p;
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
	light_protect(text, n, &safe);
	root = cmark_parse_document(buf_str(&safe), safe.len, options);
	fix_tree(root);
	html = cmark_render_html(root, options);
	(void)buf_puts(out, html);
	free(html);
	cmark_node_free(root);
	buf_release(&safe);
}
