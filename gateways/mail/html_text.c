#include "gateways/mail/html_walk.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/markup.h"
#include "gateways/mail/html.h"
#include "gateways/mail/html_quote.h"
#include "gateways/mail/quote.h"

static const char *const blocks[] = {
	"address", "article", "aside", "blockquote", "body",     "center",
	"dd",      "div",     "dl",    "dt",         "fieldset", "footer",
	"form",    "h1",      "h2",    "h3",         "h4",       "h5",
	"h6",      "header",  "hr",    "li",         "main",     "nav",
	"ol",      "p",       "pre",   "section",    "table",    "tbody",
	"tfoot",   "thead",   "tr",    "ul",
};

/* Blocks that stand apart by an empty line. */
static const char *const spaced[] = { "blockquote", "h1",  "h2",    "h3",
				      "h4",         "h5",  "h6",    "ol",
				      "p",          "pre", "table", "ul" };

#define IN(list, s) html_among(list, sizeof(list) / sizeof(*(list)), s)
#define PRE_MAX 255

struct texter {
	struct buf *out;
	bool cut_quotes;
	bool done; /* the rest was quoted */
	int pre;   /* depth of pre elements */
	int lines; /* line ends due before the next text: 0 to 2 */
	bool space;
	size_t tail_from; /* blockquotes from here on ... */
	size_t tail_to;   /* ... to here, with nothing between them */
	bool picture;     /* one stands after tail_to */
	size_t quoted_at; /* a quote was left out here, below words; 0: none */
};

static void
flush(struct texter *t)
{
	if (t->out->len) {
		for (int i = 0; i < t->lines; i++)
			(void)buf_putc(t->out, '\n');
		if (!t->lines && t->space)
			(void)buf_putc(t->out, ' ');
	}
	t->lines = 0;
	t->space = false;
}

static void
add_text(struct texter *t, const char *s)
{
	for (; *s; s++) {
		bool blank = strchr(" \t\r\n\f", *s) != NULL;

		if (blank && t->pre) {
			if (*s == '\n')
				t->lines = t->lines < PRE_MAX ? t->lines + 1
							      : PRE_MAX;
			else if (*s == ' ' || *s == '\t') {
				flush(t);
				(void)buf_putc(t->out, *s);
			}
		} else if (blank) {
			t->space = true;
		} else {
			flush(t);
			(void)buf_putc(t->out, *s);
		}
	}
}

static void
break_lines(struct texter *t, int lines)
{
	if (lines == 0)
		return;
	if (t->lines < lines)
		t->lines = lines;
	t->space = false;
}

/* What stands above our own marker is the answer; the lines on top of it that
 * name us are cut as text. With nothing above it, the answer is below. */
static bool
ends_at_marker(struct texter *t)
{
	if (t->out->len == 0)
		return false;
	break_lines(t, 1);
	flush(t);
	(void)buf_puts(t->out, QUOTE_OWN_MARKER);
	t->done = true;
	return true;
}

static void text_nodes(struct texter *t, const xmlNode *node, int depth);

/* A blockquote that nobody marked: a quote if nothing comes after it. */
static void
text_blockquote(struct texter *t, const xmlNode *node, int depth)
{
	size_t from = t->out->len;

	if (from != t->tail_to || from == 0 || t->picture)
		t->tail_from = from;
	text_nodes(t, node->children, depth + 1);
	t->tail_to = t->out->len;
	t->picture = false;
}

/* A signature that its mail program marked goes, and the dashes above it. */
static void
leave_signature(struct texter *t)
{
	struct buf *b = t->out;

	if (b->len >= 2 && memcmp(b->data + b->len - 2, "--", 2) == 0 &&
	    (b->len == 2 || b->data[b->len - 3] == '\n'))
		b->data[b->len -= 2] = '\0';
}

/* Does the element go when only what is new is wanted? */
static bool
is_left_out(struct texter *t, const xmlNode *node)
{
	enum html_quote is = html_quote_of(node);

	if (is == HTML_SIGNATURE)
		leave_signature(t);
	if (is == HTML_MARKER)
		return ends_at_marker(t);
	if (is == HTML_REST)
		t->done = true;
	if (is == HTML_QUOTE && t->quoted_at == 0)
		t->quoted_at = t->out->len;
	return is != HTML_OWN;
}

static void
text_element(struct texter *t, const xmlNode *node, int depth)
{
	const char *name = (const char *)node->name;
	int lines = IN(spaced, name) ? 2 : IN(blocks, name) ? 1 : 0;
	bool pre = strcasecmp(name, "pre") == 0;

	if (html_is_dropped(name) || depth >= HTML_DEPTH_MAX)
		return;
	if (t->cut_quotes && is_left_out(t, node))
		return;
	t->picture = t->picture || strcasecmp(name, "img") == 0;
	if (strcasecmp(name, "br") == 0) {
		t->lines = t->lines < 2 ? t->lines + 1 : 2;
		t->space = false;
		return;
	}
	if (strcasecmp(name, "td") == 0 || strcasecmp(name, "th") == 0)
		t->space = true;
	break_lines(t, lines);
	t->pre += pre;
	if (t->cut_quotes && strcasecmp(name, "blockquote") == 0)
		text_blockquote(t, node, depth);
	else
		text_nodes(t, node->children, depth + 1);
	t->pre -= pre;
	break_lines(t, lines);
}

static void
text_nodes(struct texter *t, const xmlNode *node, int depth)
{
	for (; node && !t->done && !t->out->full; node = node->next) {
		if (node->type == XML_ELEMENT_NODE)
			text_element(t, node, depth);
		else if (node->type == XML_TEXT_NODE && node->content)
			add_text(t, (const char *)node->content);
		else if (node->type == XML_CDATA_SECTION_NODE && node->content)
			add_text(t, (const char *)node->content);
	}
}

void
html_text(const struct html *h, struct buf *out)
{
	struct texter t = { .out = out };

	text_nodes(&t, html_root(h), 0);
}

/* Words below a quote: it was answered line by line, or there. */
static bool
is_answered_below(const struct texter *t)
{
	struct buf own;
	bool is;

	if (t->quoted_at == 0 || t->done || t->quoted_at > t->out->len)
		return false;
	buf_init(&own, t->out->len + 1);
	is = quote_own(&own, t->out->data + t->quoted_at,
		       t->out->len - t->quoted_at);
	buf_release(&own);
	return is;
}

void
html_reply(const struct html *h, struct buf *out)
{
	struct texter t = { .out = out, .cut_quotes = true };

	text_nodes(&t, html_root(h), 0);
	if (t.tail_to > 0 && out->len == t.tail_to)
		out->data[out->len = t.tail_from] = '\0';
	if (is_answered_below(&t))
		buf_clear(out);
	while (out->len > 0 && strchr(" \n", out->data[out->len - 1]) != NULL)
		out->data[--out->len] = '\0';
}

void
html_of_text(const char *p, size_t n, struct buf *out)
{
	markup_escape_lines(out, p, n, "<br>\n");
}
