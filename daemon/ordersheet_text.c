/* ordersheet_text: what a sheet says, as the text of a message. */

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/member.h"
#include "daemon/ordersheet.h"

enum label {
	LABEL_HELLO,
	LABEL_ORDER,
	LABEL_PLACED,
	LABEL_STATE,
	LABEL_PAYMENT,
	LABEL_PROMISED,
	LABEL_LINES,
	LABEL_REFUNDED,
	LABEL_SUBTOTAL,
	LABEL_SHIPPING,
	LABEL_TAX,
	LABEL_DISCOUNT,
	LABEL_BACK,
	LABEL_TOTAL,
	LABEL_ADDRESS,
	LABEL_PARCEL,
	LABEL_RETURN,
	LABEL_PAGE,
	LABEL_COUNT
};

static const char *const labels[LABEL_COUNT][2] = {
	[LABEL_HELLO] = { "Este es el detalle de tu pedido.",
			  "These are the details of your order." },
	[LABEL_ORDER] = { "Pedido", "Order" },
	[LABEL_PLACED] = { "Fecha del pedido", "Order date" },
	[LABEL_STATE] = { "Estado", "State" },
	[LABEL_PAYMENT] = { "Pago", "Payment" },
	[LABEL_PROMISED] = { "Entrega prevista", "Expected delivery" },
	[LABEL_LINES] = { "Artículos", "Items" },
	[LABEL_REFUNDED] = { "reembolsado", "refunded" },
	[LABEL_SUBTOTAL] = { "Subtotal", "Subtotal" },
	[LABEL_SHIPPING] = { "Envío", "Shipping" },
	[LABEL_TAX] = { "Impuestos", "Tax" },
	[LABEL_DISCOUNT] = { "Descuento", "Discount" },
	[LABEL_BACK] = { "Reembolsado", "Refunded" },
	[LABEL_TOTAL] = { "Total", "Total" },
	[LABEL_ADDRESS] = { "Dirección de envío", "Shipping address" },
	[LABEL_PARCEL] = { "Envío", "Shipment" },
	[LABEL_RETURN] = { "Devolución", "Return" },
	[LABEL_PAGE] = { "Puedes verlo e imprimirlo aquí:",
			 "You can see and print it here:" },
};

/* A text that is being made of a sheet. */
struct writing {
	const json_t *sheet;
	bool en;
	struct buf b;
};

/* What others wrote, on one line, and no link under another name: the text is
 * read as Markdown where it becomes HTML. */
static void
words(struct writing *w, const char *text)
{
	char before = '\0';

	for (; *text != '\0'; before = *text++) {
		if (before == ']' && (*text == '(' || *text == '['))
			(void)buf_putc(&w->b, ' ');
		(void)buf_putc(&w->b, (unsigned char)*text < ' ' ? ' ' : *text);
	}
}

static const char *
label(const struct writing *w, enum label l)
{
	return labels[l][w->en ? 1 : 0];
}

/* "Label: value", if the object has that member. */
static void
line(struct writing *w, const json_t *o, enum label l, const char *name)
{
	const char *v = member_str(o, name);

	if (v == NULL)
		return;
	(void)buf_printf(&w->b, "%s: ", label(w, l));
	words(w, v);
	(void)buf_putc(&w->b, '\n');
}

static void
head(struct writing *w)
{
	const char *late = member_str(w->sheet, "late");

	line(w, w->sheet, LABEL_ORDER, "number");
	line(w, w->sheet, LABEL_PLACED, "placed");
	line(w, w->sheet, LABEL_STATE, "state");
	line(w, w->sheet, LABEL_PAYMENT, "payment");
	if (member_str(w->sheet, "promised") == NULL)
		return;
	(void)buf_printf(&w->b, "%s: %s%s%s%s\n", label(w, LABEL_PROMISED),
			 member_str(w->sheet, "promised"),
			 late != NULL ? " (" : "", late != NULL ? late : "",
			 late != NULL ? ")" : "");
}

/* ", blue, Engraving: Eva" */
static void
chosen(struct writing *w, const json_t *o)
{
	const char *variant = member_str(o, "variant");
	const json_t *list = json_object_get(o, "properties");
	const json_t *v;
	size_t i;

	if (variant != NULL) {
		(void)buf_puts(&w->b, ", ");
		words(w, variant);
	}
	json_array_foreach(list, i, v)
	{
		(void)buf_puts(&w->b, ", ");
		words(w, json_string_value(v));
	}
}

static void
item(struct writing *w, const json_t *o)
{
	const char *total = member_str(o, "total");
	int64_t back = member_int(o, "refunded", 0);

	(void)buf_printf(&w->b, "- %lld x ",
			 (long long)member_int(o, "quantity", 0));
	words(w, member_str(o, "name"));
	chosen(w, o);
	if (total != NULL)
		(void)buf_printf(&w->b, ": %s", total);
	if (back > 0)
		(void)buf_printf(&w->b, " (%s: %lld)", label(w, LABEL_REFUNDED),
				 (long long)back);
	(void)buf_putc(&w->b, '\n');
}

static void
items(struct writing *w)
{
	const json_t *list = json_object_get(w->sheet, "lines");
	const json_t *o;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	(void)buf_printf(&w->b, "\n%s:\n\n", label(w, LABEL_LINES));
	json_array_foreach(list, i, o) item(w, o);
	(void)buf_putc(&w->b, '\n');
	line(w, w->sheet, LABEL_SUBTOTAL, "subtotal");
	line(w, w->sheet, LABEL_DISCOUNT, "discount");
	line(w, w->sheet, LABEL_SHIPPING, "shipping");
	line(w, w->sheet, LABEL_TAX, "tax");
	line(w, w->sheet, LABEL_TOTAL, "total");
	line(w, w->sheet, LABEL_BACK, "refunded");
}

/* Where a parcel was last: "5 November 2026, 10:00: At the office, Madrid" */
static void
station(struct writing *w, const json_t *o)
{
	const char *at = member_str(o, "at");
	const char *place = member_str(o, "place");

	if (at != NULL)
		(void)buf_printf(&w->b, "%s: ", at);
	words(w, member_str(o, "text"));
	if (place != NULL) {
		(void)buf_puts(&w->b, ", ");
		words(w, place);
	}
	(void)buf_putc(&w->b, '\n');
}

/* "Shipment: On its way, Correos, PQ4A" and its link. */
static void
parcel(struct writing *w, const json_t *o)
{
	static const char *const names[] = { "state", "carrier", "number" };
	const json_t *last =
		json_array_get(json_object_get(o, "checkpoints"), 0);
	const char *url = member_str(o, "url");
	bool any = false;
	size_t i;

	(void)buf_printf(&w->b, "%s: ", label(w, LABEL_PARCEL));
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *v = member_str(o, names[i]);

		if (v == NULL)
			continue;
		(void)buf_puts(&w->b, any ? ", " : "");
		words(w, v);
		any = true;
	}
	(void)buf_putc(&w->b, '\n');
	if (last != NULL)
		station(w, last);
	line(w, o, LABEL_PROMISED, "promised");
	if (url != NULL)
		(void)buf_printf(&w->b, "%s\n", url);
}

static void
parcels(struct writing *w)
{
	const json_t *list = json_object_get(w->sheet, "shipments");
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		(void)buf_putc(&w->b, '\n');
		parcel(w, o);
	}
}

static void
goods_back(struct writing *w)
{
	const json_t *list = json_object_get(w->sheet, "returns");
	const json_t *o;
	size_t i;

	if (json_array_size(list) > 0)
		(void)buf_putc(&w->b, '\n');
	json_array_foreach(list, i, o)
	{
		const char *at = member_str(o, "at");

		(void)buf_printf(&w->b, "%s: %s%s%s\n", label(w, LABEL_RETURN),
				 member_str(o, "state"), at != NULL ? ", " : "",
				 at != NULL ? at : "");
	}
}

static void
address(struct writing *w)
{
	const json_t *list = json_object_get(w->sheet, "address");
	const json_t *v;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	(void)buf_printf(&w->b, "\n%s:\n", label(w, LABEL_ADDRESS));
	json_array_foreach(list, i, v)
	{
		words(w, json_string_value(v));
		(void)buf_putc(&w->b, '\n');
	}
}

char *
ordersheet_text(const json_t *sheet, const char *url, bool whole)
{
	struct writing w = {
		.sheet = sheet,
		.en = strcmp(member_str(sheet, "language"), "en") == 0,
	};

	buf_init(&w.b, ORDERSHEET_TEXT_MAX);
	(void)buf_printf(&w.b, "%s\n\n", label(&w, LABEL_HELLO));
	head(&w);
	if (whole)
		items(&w);
	else
		line(&w, sheet, LABEL_TOTAL, "total");
	parcels(&w);
	if (whole) {
		goods_back(&w);
		address(&w);
	}
	if (url != NULL)
		(void)buf_printf(&w.b, "\n%s\n%s\n", label(&w, LABEL_PAGE),
				 url);
	return buf_take(&w.b);
}

char *
ordersheet_subject(const json_t *sheet)
{
	bool en = strcmp(member_str(sheet, "language"), "en") == 0;

	return mem_printf(en ? "Your order %s" : "Tu pedido %s",
			  member_str(sheet, "number"));
}
