#include "gateways/mail/html.h"

#include <libxml/HTMLparser.h>
#include <libxml/HTMLtree.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/ascii.h"
#include "daemon/base/buf.h"
#include "daemon/base/markup.h"
#include "daemon/base/mem.h"
#include "gateways/mail/html_walk.h"

struct html {
	htmlDocPtr doc;
};

/* Elements that may be written; all others give only what is in them. */
static const char *const allowed[] = {
	"a",      "abbr",  "address", "b",    "blockquote", "br",     "caption",
	"center", "cite",  "code",    "col",  "colgroup",   "dd",     "del",
	"div",    "dl",    "dt",      "em",   "font",       "h1",     "h2",
	"h3",     "h4",    "h5",      "h6",   "hr",         "i",      "img",
	"ins",    "kbd",   "li",      "ol",   "p",          "pre",    "q",
	"s",      "samp",  "small",   "span", "strike",     "strong", "sub",
	"sup",    "table", "tbody",   "td",   "tfoot",      "th",     "thead",
	"tr",     "tt",    "u",       "ul",   "var",
};

/* Elements that go with all that is in them. */
static const char *const dropped[] = {
	"applet",   "audio",    "base",    "button",   "canvas",   "embed",
	"frame",    "frameset", "head",    "iframe",   "input",    "link",
	"math",     "meta",     "noembed", "noframes", "noscript", "object",
	"option",   "param",    "script",  "select",   "style",    "svg",
	"template", "textarea", "title",   "video",    "xml",      "xmp",
};

static const char *const voids[] = { "br", "col", "hr", "img" };

/* Attributes whose values are plain words, numbers or colours. */
static const char *const plain_attributes[] = {
	"align",       "alt",   "bgcolor", "border", "cellpadding",
	"cellspacing", "color", "colspan", "dir",    "face",
	"height",      "lang",  "rowspan", "size",   "start",
	"title",       "type",  "valign",  "width",
};

static const char *const styles[] = {
	"background-color",
	"border",
	"border-bottom",
	"border-collapse",
	"border-color",
	"border-left",
	"border-radius",
	"border-right",
	"border-spacing",
	"border-style",
	"border-top",
	"border-width",
	"color",
	"direction",
	"font-family",
	"font-size",
	"font-style",
	"font-weight",
	"height",
	"letter-spacing",
	"line-height",
	"list-style-type",
	"margin",
	"margin-bottom",
	"margin-left",
	"margin-right",
	"margin-top",
	"max-width",
	"padding",
	"padding-bottom",
	"padding-left",
	"padding-right",
	"padding-top",
	"text-align",
	"text-decoration",
	"text-indent",
	"text-transform",
	"vertical-align",
	"white-space",
	"width",
	"word-break",
	"word-wrap",
};

#define ATTRIBUTE_MAX 2000
#define STYLE_VALUE_MAX 200
#define IN(list, s) html_among(list, sizeof(list) / sizeof(*(list)), s)

bool
html_among(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(list[i], s) == 0)
			return true;
	return false;
}

bool
html_is_dropped(const char *name)
{
	return IN(dropped, name);
}

static void
quiet(void *arg, const char *fmt, ...)
{
	(void)arg;
	(void)fmt;
}

struct html *
html_read(const char *p, size_t n)
{
	struct html *h;
	htmlDocPtr doc;

	if (n > HTML_INPUT_MAX)
		n = HTML_INPUT_MAX;
	xmlSetGenericErrorFunc(NULL, quiet);
	doc = htmlReadMemory(p, (int)n, NULL, "UTF-8",
			     HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
				     HTML_PARSE_NOWARNING | HTML_PARSE_NONET);
	if (!doc)
		return NULL;
	h = mem_new(1, sizeof(*h));
	h->doc = doc;
	return h;
}

void
html_free(struct html **h)
{
	if (!*h)
		return;
	xmlFreeDoc((*h)->doc);
	MEM_CLEAR(h);
}

const xmlNode *
html_root(const struct html *h)
{
	return xmlDocGetRootElement(h->doc);
}

static void
attribute(struct buf *out, const char *name, const char *value)
{
	(void)buf_putc(out, ' ');
	(void)buf_puts(out, name);
	(void)buf_puts(out, "=\"");
	markup_escape(out, value);
	(void)buf_putc(out, '"');
}

/* Does the address start with one of the schemes? Blanks hide nothing. */
static bool
scheme_is(const char *url, const char *scheme)
{
	return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

static bool
link_is_safe(const char *url)
{
	for (const char *c = url; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == '\\')
			return false;
	return scheme_is(url, "http://") || scheme_is(url, "https://") ||
	       scheme_is(url, "mailto:") || scheme_is(url, "tel:");
}

/* A link's target without blanks around it and inside it. */
static char *
squeeze(const char *s)
{
	char *out = mem_strdup(s), *to = out;

	for (; *s; s++)
		if ((unsigned char)*s > ' ')
			*to++ = *s;
	*to = '\0';
	return out;
}

static bool
value_is_safe(const char *v, size_t n)
{
	static const char extra[] = " #%.,()-+'!";

	if (!n || n > STYLE_VALUE_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = v[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || strchr(extra, c)))
			return false;
		if (c == '(' &&
		    (i < 3 || (strncasecmp(v + i - 3, "rgb", 3) &&
			       (i < 4 || strncasecmp(v + i - 4, "rgba", 4)))))
			return false;
	}
	return true;
}

static bool
next_declaration(const char **s, const char **name, size_t *name_len,
		 const char **value, size_t *value_len)
{
	const char *p = *s, *colon, *end;

	p += strspn(p, " \t\r\n;");
	if (!*p)
		return false;
	end = p + strcspn(p, ";");
	*s = end;
	colon = memchr(p, ':', (size_t)(end - p));
	if (!colon)
		colon = end;
	*name = p;
	*name_len = (size_t)(colon - p);
	while (*name_len && strchr(" \t\r\n", p[*name_len - 1]))
		(*name_len)--;
	if (colon < end)
		colon++;
	while (colon < end && strchr(" \t\r\n", *colon))
		colon++;
	while (end > colon && strchr(" \t\r\n", end[-1]))
		end--;
	*value = colon;
	*value_len = (size_t)(end - colon);
	return true;
}

void
html_style(struct buf *out, const char *style)
{
	const char *name, *value;
	size_t name_len, value_len;
	char word[32];

	if (strlen(style) > ATTRIBUTE_MAX || strstr(style, "/*"))
		return;
	while (next_declaration(&style, &name, &name_len, &value, &value_len)) {
		if (name_len >= sizeof(word))
			continue;
		memcpy(word, name, name_len);
		word[name_len] = '\0';
		if (!IN(styles, word) || !value_is_safe(value, value_len))
			continue;
		if ((memchr(value, '-', value_len) || *value == '+') &&
		    strncasecmp(word, "margin", 6) == 0)
			continue; /* would lay text over other text */
		ascii_fold(word);
		(void)buf_printf(out, "%s: %.*s; ", word, (int)value_len,
				 value);
	}
}

static void
write_style(struct buf *out, const char *style)
{
	struct buf b;

	buf_init(&b, ATTRIBUTE_MAX * 2);
	html_style(&b, style);
	if (b.len) {
		b.data[b.len - 1] = '\0';
		attribute(out, "style", b.data);
	}
	buf_release(&b);
}

static void
write_attribute(struct buf *out, const char *element, const char *name,
		const char *value, bool *remote)
{
	char *url;

	if (strlen(value) > ATTRIBUTE_MAX)
		return;
	if (strcasecmp(name, "style") == 0) {
		write_style(out, value);
	} else if (strcasecmp(name, "href") == 0 &&
		   strcasecmp(element, "a") == 0) {
		url = squeeze(value);
		if (link_is_safe(url)) {
			attribute(out, "href", url);
			attribute(out, "target", "_blank");
			attribute(out, "rel", "noopener noreferrer nofollow");
		}
		mem_free(url);
	} else if (strcasecmp(name, "src") == 0) {
		url = squeeze(value);
		if (strcasecmp(element, "img") == 0 && scheme_is(url, "cid:"))
			attribute(out, "src", url);
		else
			*remote = true;
		mem_free(url);
	} else if (strcasecmp(name, "background") == 0) {
		*remote = true;
	} else if (IN(plain_attributes, name)) {
		attribute(out, name, value);
	}
}

static void
open_element(struct buf *out, const xmlNode *node, bool *remote)
{
	const char *name = (const char *)node->name;

	(void)buf_putc(out, '<');
	(void)buf_puts(out, name);
	for (const xmlAttr *a = node->properties; a; a = a->next) {
		xmlChar *v = xmlNodeListGetString(node->doc, a->children, 1);

		if (v)
			write_attribute(out, name, (const char *)a->name,
					(const char *)v, remote);
		xmlFree(v);
	}
	(void)buf_putc(out, '>');
}

struct cleaner {
	struct buf *out;
	bool remote;
	bool cut;
};

static void clean_nodes(struct cleaner *c, const xmlNode *node, int depth);

static void
clean_element(struct cleaner *c, const xmlNode *node, int depth)
{
	const char *name = (const char *)node->name;
	bool keep = IN(allowed, name);

	if (html_is_dropped(name))
		return;
	if (keep)
		open_element(c->out, node, &c->remote);
	if (IN(voids, name))
		return;
	if (depth < HTML_DEPTH_MAX)
		clean_nodes(c, node->children, depth + 1);
	if (keep) {
		(void)buf_puts(c->out, "</");
		(void)buf_puts(c->out, name);
		(void)buf_putc(c->out, '>');
	}
}

static void
clean_nodes(struct cleaner *c, const xmlNode *node, int depth)
{
	for (; node; node = node->next) {
		if (c->out->len > HTML_OUT_MAX) {
			c->cut = true;
			return;
		}
		if (node->type == XML_ELEMENT_NODE) {
			clean_element(c, node, depth);
		} else if (node->type == XML_TEXT_NODE && node->content) {
			const char *s = (const char *)node->content;

			if (strlen(s) > HTML_OUT_MAX - c->out->len)
				c->cut = true;
			else
				markup_escape(c->out, s);
		}
	}
}

void
html_clean(const struct html *h, struct buf *out, bool *remote_out,
	   bool *cut_out)
{
	struct cleaner c = { out, false, false };

	clean_nodes(&c, html_root(h), 0);
	*remote_out = c.remote;
	*cut_out = c.cut;
}

void
html_charset(const char *p, size_t n, char out[64])
{
	const char *at;
	size_t k = 0;

	out[0] = '\0';
	if (n > 4096)
		n = 4096;
	for (size_t i = 0; i + 8 < n; i++) {
		if (strncasecmp(p + i, "charset=", 8) != 0)
			continue;
		at = p + i + 8;
		if (*at == '"' || *at == '\'')
			at++;
		while (at + k < p + n && k < 63 && at[k] > ' ' &&
		       !strchr("\"'>;/", at[k])) {
			out[k] = at[k];
			k++;
		}
		out[k] = '\0';
		return;
	}
}
