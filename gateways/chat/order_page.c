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

/* What others wrote, in whatever direction it is read. */
static void
isolated(const struct paper *p, const char *text)
{
	raw(p, "<bdi>");
	escaped(p, text);
	raw(p, "</bdi>");
}

/* "<tag>text</tag>"; tag: static, with its attributes after a space. */
static void
element(const struct paper *p, const char *tag, const char *text)
{
	(void)buf_printf(p->b, "<%s>", tag);
	isolated(p, text);
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
	(void)buf_printf(p->b, "<div><dt>%s</dt>", say(p, t));
	element(p, "dd", v);
	raw(p, "</div>\n");
}

/* --- its parts ------------------------------------------------------------ */

static void
head(const struct paper *p)
{
	const char *shop = text_of(p->sheet, "shop");
	const char *number = text_of(p->sheet, "number");
	const char *other = strcmp(p->language, "en") == 0 ? "es" : "en";

	raw(p, "<header>\n");
	if (shop != NULL)
		element(p, "p class=\"shop\"", shop);
	(void)buf_printf(p->b,
			 "<p class=\"other\"><a href=\"?language=%s\" "
			 "lang=\"%s\">%s</a></p>\n",
			 other, other, say(p, TEXT_ORDER_OTHER));
	(void)buf_printf(p->b, "<h1>%s ", say(p, TEXT_ORDER));
	isolated(p, number != NULL ? number : "");
	raw(p, "</h1>\n</header>\n");
}

/* Where it stands, and when it comes. */
static void
standing(const struct paper *p)
{
	const char *state = text_of(p->sheet, "state");
	const char *late = text_of(p->sheet, "late");

	raw(p, "<section class=\"standing\">\n");
	if (state != NULL)
		element(p, "p class=\"state\"", state);
	if (late != NULL)
		element(p, "p class=\"late\"", late);
	raw(p, "<dl>\n");
	row(p, TEXT_ORDER_PROMISED, "promised");
	row(p, TEXT_ORDER_PAYMENT, "payment");
	row(p, TEXT_ORDER_PLACED, "placed");
	raw(p, "</dl>\n</section>\n");
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
	raw(p, "<span>");
	isolated(p, text != NULL ? text : "");
	if (place != NULL) {
		raw(p, ", ");
		isolated(p, place);
	}
	raw(p, "</span></li>\n");
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
	raw(p, "<p class=\"carrier\">");
	if (name != NULL)
		isolated(p, name);
	raw(p, name != NULL && (number != NULL || link) ? " " : "");
	if (link) {
		raw(p, "<a class=\"away\" rel=\"noopener noreferrer "
		       "nofollow\" href=\"");
		escaped(p, url);
		raw(p, "\">");
	}
	isolated(p, number != NULL ? number
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
		isolated(p, promised);
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
	raw(p, "<section class=\"parcels\">\n");
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
	isolated(p, name != NULL ? name : "");
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

	if (json_array_size(list) == 0 && text_of(p->sheet, "total") == NULL)
		return;
	raw(p, "<section class=\"lines\">\n");
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
		raw(p, "<span>");
		isolated(p, state != NULL ? state : "");
		raw(p, "</span></li>\n");
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
	standing(&p);
	shipments(&p);
	lines(&p);
	returns(&p);
	address(&p);
	if (as_of != NULL) {
		(void)buf_printf(b, "<footer><p>%s ",
				 say(&p, TEXT_ORDER_AS_OF));
		isolated(&p, as_of);
		raw(&p, "</p></footer>\n");
	}
	end(&p);
}

void
order_page_notice(struct buf *b, const char *language, const char *text)
{
	struct paper p = { .b = b, .language = language };

	begin(&p, say(&p, TEXT_ORDER));
	element(&p, "h1", say(&p, TEXT_ORDER));
	element(&p, "p class=\"notice\"", text);
	end(&p);
}
