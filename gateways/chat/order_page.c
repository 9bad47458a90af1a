#include "gateways/chat/order_page.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/markup.h"
#include "gateways/chat/order.h"
#include "gateways/chat/text.h"

/* A page that is being made. */
struct paper {
	struct buf *b;
	const json_t *sheet;
	const char *language;
};

static const char *
text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static const char *
say(const struct paper *p, enum text t)
{
	return text_get(t, p->language);
}

static void
raw(const struct paper *p, const char *html)
{
	(void)buf_puts(p->b, html);
}

static void
escaped(const struct paper *p, const char *text)
{
	markup_escape(p->b, text);
}

/* "<tag>text</tag>"; tag: static, with its attributes after a space. */
static void
element(const struct paper *p, const char *tag, const char *text)
{
	(void)buf_printf(p->b, "<%s>", tag);
	escaped(p, text);
	(void)buf_printf(p->b, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

static void
begin(const struct paper *p, const char *title)
{
	(void)buf_printf(
		p->b,
		"<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta "
		"charset=\"utf-8\">\n<meta name=\"viewport\" "
		"content=\"width=device-width, initial-scale=1\">\n<meta "
		"name=\"robots\" content=\"noindex, nofollow\">\n<meta "
		"name=\"color-scheme\" content=\"light dark\">\n<link "
		"rel=\"stylesheet\" href=\"" ORDER_STYLE "\">\n<title>",
		p->language);
	escaped(p, title);
	raw(p, "</title>\n</head>\n<body>\n<main>\n");
}

static void
end(const struct paper *p)
{
	raw(p, "</main>\n</body>\n</html>\n");
}

/* A row of what is known: its name and a member of the sheet. */
static void
row(const struct paper *p, enum text t, const char *name)
{
	const char *v = text_of(p->sheet, name);

	if (v == NULL)
		return;
	element(p, "dt", say(p, t));
	element(p, "dd", v);
}

/* --- its parts ------------------------------------------------------------ */

static void
head(const struct paper *p)
{
	const char *shop = text_of(p->sheet, "shop");
	const char *number = text_of(p->sheet, "number");
	const char *late = text_of(p->sheet, "late");

	raw(p, "<header>\n");
	if (shop != NULL)
		element(p, "p class=\"shop\"", shop);
	(void)buf_printf(p->b, "<h1>%s ", say(p, TEXT_ORDER));
	escaped(p, number != NULL ? number : "");
	raw(p, "</h1>\n");
	(void)buf_printf(p->b,
			 "<p class=\"other\"><a href=\"?language=%s\" "
			 "lang=\"%s\">%s</a></p>\n",
			 strcmp(p->language, "en") == 0 ? "es" : "en",
			 strcmp(p->language, "en") == 0 ? "es" : "en",
			 say(p, TEXT_ORDER_OTHER));
	raw(p, "</header>\n<dl>\n");
	row(p, TEXT_ORDER_STATE, "state");
	row(p, TEXT_ORDER_PLACED, "placed");
	row(p, TEXT_ORDER_PAYMENT, "payment");
	row(p, TEXT_ORDER_PROMISED, "promised");
	raw(p, "</dl>\n");
	if (late != NULL)
		element(p, "p class=\"late\"", late);
}

static void
checkpoint(const struct paper *p, const json_t *c)
{
	const char *at = text_of(c, "at");
	const char *place = text_of(c, "place");
	const char *text = text_of(c, "text");

	raw(p, "<li>");
	if (at != NULL)
		element(p, "span class=\"at\"", at);
	escaped(p, text != NULL ? text : "");
	if (place != NULL) {
		raw(p, ", ");
		escaped(p, place);
	}
	raw(p, "</li>\n");
}

/* The carrier and its number, which leads to the carrier's page. */
static void
carrier(const struct paper *p, const json_t *h)
{
	const char *name = text_of(h, "carrier");
	const char *number = text_of(h, "number");
	const char *url = text_of(h, "url");
	bool link = url != NULL && (strncmp(url, "https://", 8) == 0 ||
				    strncmp(url, "http://", 7) == 0);

	if (name == NULL && number == NULL && !link)
		return;
	raw(p, "<p>");
	if (name != NULL)
		escaped(p, name);
	raw(p, name != NULL && (number != NULL || link) ? " " : "");
	if (link) {
		raw(p, "<a rel=\"noopener noreferrer nofollow\" href=\"");
		escaped(p, url);
		raw(p, "\">");
	}
	escaped(p, number != NULL ? number
		   : link         ? say(p, TEXT_ORDER_TRACK)
				  : "");
	raw(p, link ? "</a></p>\n" : "</p>\n");
}

static void
shipment(const struct paper *p, const json_t *h)
{
	const json_t *list = json_object_get(h, "checkpoints");
	const char *state = text_of(h, "state");
	const char *promised = text_of(h, "promised");
	const json_t *c;
	size_t i;

	raw(p, "<article>\n");
	if (state != NULL)
		element(p, "h3", state);
	carrier(p, h);
	if (promised != NULL) {
		(void)buf_printf(p->b, "<p>%s: ", say(p, TEXT_ORDER_PROMISED));
		escaped(p, promised);
		raw(p, "</p>\n");
	}
	if (json_array_size(list) > 0) {
		raw(p, "<ol>\n");
		json_array_foreach(list, i, c) checkpoint(p, c);
		raw(p, "</ol>\n");
	}
	raw(p, "</article>\n");
}

static void
shipments(const struct paper *p)
{
	const json_t *list = json_object_get(p->sheet, "shipments");
	const json_t *h;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	raw(p, "<section>\n");
	element(p, "h2", say(p, TEXT_ORDER_SHIPMENTS));
	json_array_foreach(list, i, h) shipment(p, h);
	raw(p, "</section>\n");
}

static void
line(const struct paper *p, const json_t *l)
{
	const json_t *list = json_object_get(l, "properties");
	const char *name = text_of(l, "name");
	const char *variant = text_of(l, "variant");
	const char *total = text_of(l, "total");
	json_int_t back = json_integer_value(json_object_get(l, "refunded"));
	const json_t *v;
	size_t i;

	raw(p, "<tr><td>");
	escaped(p, name != NULL ? name : "");
	if (variant != NULL)
		element(p, "small", variant);
	json_array_foreach(list, i, v) if (json_is_string(v))
		element(p, "small", json_string_value(v));
	if (back > 0)
		(void)buf_printf(p->b, "<small>%s: %lld</small>",
				 say(p, TEXT_ORDER_REFUNDED), (long long)back);
	(void)buf_printf(
		p->b, "</td><td>%lld</td><td>",
		(long long)json_integer_value(json_object_get(l, "quantity")));
	escaped(p, total != NULL ? total : "");
	raw(p, "</td></tr>\n");
}

static void
sum(const struct paper *p, enum text t, const char *name)
{
	const char *v = text_of(p->sheet, name);

	if (v == NULL)
		return;
	(void)buf_printf(p->b, "<tr class=\"%s\"><th colspan=\"2\">%s</th>",
			 name, say(p, t));
	element(p, "td", v);
	raw(p, "</tr>\n");
}

static void
lines(const struct paper *p)
{
	const json_t *list = json_object_get(p->sheet, "lines");
	const json_t *l;
	size_t i;

	raw(p, "<section>\n");
	element(p, "h2", say(p, TEXT_ORDER_LINES));
	(void)buf_printf(p->b,
			 "<table>\n<thead><tr><th>%s</th><th>%s</th>"
			 "<th>%s</th></tr></thead>\n<tbody>\n",
			 say(p, TEXT_ORDER_ITEM), say(p, TEXT_ORDER_QUANTITY),
			 say(p, TEXT_ORDER_AMOUNT));
	json_array_foreach(list, i, l) line(p, l);
	raw(p, "</tbody>\n<tfoot>\n");
	sum(p, TEXT_ORDER_SUBTOTAL, "subtotal");
	sum(p, TEXT_ORDER_DISCOUNT, "discount");
	sum(p, TEXT_ORDER_SHIPPING, "shipping");
	sum(p, TEXT_ORDER_TAX, "tax");
	sum(p, TEXT_ORDER_TOTAL, "total");
	sum(p, TEXT_ORDER_REFUNDED, "refunded");
	raw(p, "</tfoot>\n</table>\n</section>\n");
}

static void
returns(const struct paper *p)
{
	const json_t *list = json_object_get(p->sheet, "returns");
	const json_t *r;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	raw(p, "<section>\n");
	element(p, "h2", say(p, TEXT_ORDER_RETURNS));
	raw(p, "<ol>\n");
	json_array_foreach(list, i, r)
	{
		const char *at = text_of(r, "at");
		const char *state = text_of(r, "state");

		raw(p, "<li>");
		if (at != NULL)
			element(p, "span class=\"at\"", at);
		escaped(p, state != NULL ? state : "");
		raw(p, "</li>\n");
	}
	raw(p, "</ol>\n</section>\n");
}

static void
address(const struct paper *p)
{
	const json_t *list = json_object_get(p->sheet, "address");
	const json_t *v;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	raw(p, "<section>\n");
	element(p, "h2", say(p, TEXT_ORDER_ADDRESS));
	raw(p, "<address>\n");
	json_array_foreach(list, i, v) if (json_is_string(v))
		element(p, "div", json_string_value(v));
	raw(p, "</address>\n</section>\n");
}

void
order_page(struct buf *b, const json_t *sheet)
{
	const char *language = text_of(sheet, "language");
	const char *as_of = text_of(sheet, "as_of");
	const char *number = text_of(sheet, "number");
	struct paper p = { .b = b, .sheet = sheet, .language = "es" };

	if (language != NULL && strcmp(language, "en") == 0)
		p.language = "en";
	begin(&p, number != NULL ? number : say(&p, TEXT_ORDER));
	head(&p);
	shipments(&p);
	lines(&p);
	returns(&p);
	address(&p);
	if (as_of != NULL) {
		(void)buf_printf(b, "<footer><p>%s ",
				 say(&p, TEXT_ORDER_AS_OF));
		escaped(&p, as_of);
		raw(&p, "</p></footer>\n");
	}
	end(&p);
}

void
order_page_notice(struct buf *b, const char *language, const char *text)
{
	struct paper p = { .b = b, .language = language };

	begin(&p, say(&p, TEXT_ORDER));
	element(&p, "p", text);
	end(&p);
}

const char *
order_page_style(void)
{
	return ":root{color-scheme:light dark;--ink:#1c1c1a;--soft:#5d5d57;"
	       "--line:#d9d8d0;--paper:#fff;--late:#a3260f;--link:#0b57a4}\n"
	       "@media (prefers-color-scheme:dark){:root{--ink:#ecebe4;"
	       "--soft:#a9a8a0;--line:#3b3b37;--paper:#171716;--late:#ff9a85;"
	       "--link:#8ec2ff}}\n"
	       "*{box-sizing:border-box}\n"
	       "body{margin:0;background:var(--paper);color:var(--ink);"
	       "font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
	       "main{max-width:44rem;margin:0 auto;padding:1.5rem 1rem 3rem}\n"
	       "h1{font-size:1.6rem;line-height:1.2;margin:.25rem 0}\n"
	       "h2{font-size:1.1rem;margin:2rem 0 .5rem}\n"
	       "h3{font-size:1rem;margin:0}\n"
	       "a{color:var(--link)}\n"
	       ".shop,.other,footer,small,.at{color:var(--soft)}\n"
	       ".shop,.other{margin:0}\n"
	       ".late{color:var(--late);font-weight:600}\n"
	       "dl{display:grid;grid-template-columns:max-content 1fr;"
	       "gap:.25rem 1rem;margin:1rem 0}\n"
	       "dt{color:var(--soft)}dd{margin:0}\n"
	       "article{border-top:1px solid var(--line);padding:.75rem 0}\n"
	       "article p{margin:.25rem 0}\n"
	       "ol{list-style:none;margin:.5rem 0;padding:0}\n"
	       "li{padding:.2rem 0}.at{display:inline-block;"
	       "margin-right:.75rem}\n"
	       "table{width:100%;border-collapse:collapse}\n"
	       "th,td{text-align:left;vertical-align:top;padding:.4rem .5rem "
	       ".4rem 0;border-bottom:1px solid var(--line)}\n"
	       "th{font-weight:600}td small{display:block}\n"
	       "th:nth-child(n+2),td:nth-child(n+2),tfoot td{text-align:right;"
	       "padding-right:0;white-space:nowrap}\n"
	       "tfoot th{font-weight:400;text-align:right}\n"
	       "tfoot .total th,tfoot .total td{font-weight:700}\n"
	       "address{font-style:normal}\n"
	       "footer{margin-top:2rem;font-size:.875rem}\n"
	       "@media (max-width:30rem){dl{grid-template-columns:1fr;gap:0}"
	       "dd{margin-bottom:.5rem}.at{display:block}}\n"
	       "@media print{:root{--ink:#000;--soft:#333;--line:#999;"
	       "--paper:#fff;--late:#000;--link:#000}main{max-width:none;"
	       "padding:0}.other{display:none}section,article,tr{"
	       "break-inside:avoid}a{text-decoration:none}@page{margin:2cm}}\n";
}
