/*
 * woo_parcels: what plugins for parcels keep in an order's metadata. Shipment
 * Tracking and Advanced Shipment Tracking keep it alike.
 */
#include "gateways/shop/woo_order.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/common/http.h"
#include "gateways/shop/neutral.h"
#include "gateways/shop/take.h"
#include "gateways/shop/when.h"

#define PLACES 3 /* %1$s number, %2$s postcode, %3$s country */
#define CLOCK_TEXT 32
#define UNIX_LAST 253402300799 /* the year 9999 */

/* What is put into a plugin's address of a carrier's page. */
struct places {
	const char *text[PLACES];
};

/* At a '%': which place is meant, 0 to 2, and its octets; -1: none is. */
static int
place(const char *s, size_t *n)
{
	*n = strlen("%1$s");
	if (s[1] >= '1' && s[1] < '1' + PLACES && s[2] == '$' && s[3] == 's')
		return s[1] - '1';
	*n = strlen("%s");
	return s[1] == 's' ? 0 : -1;
}

/*
 * The address with what belongs into its places, each escaped. Nothing of it
 * is a format to anybody: what else has a percent sign stays as it is.
 */
static char *
fill(const char *url, const struct places *p)
{
	struct buf b;
	size_t n;

	buf_init(&b, TAKE_URL_MAX);
	while (*url != '\0') {
		int which = *url == '%' ? place(url, &n) : -1;

		if (which < 0) {
			(void)buf_putc(&b, *url++);
			continue;
		}
		if (p->text[which] != NULL)
			http_escape(&b, p->text[which]);
		url += n;
	}
	if (b.full)
		buf_clear(&b);
	return buf_take(&b);
}

static json_t *
tracking_url(const json_t *row, const struct places *p)
{
	const char *link = take_str(row, "custom_tracking_link");
	char *url;
	json_t *made;
	json_t *out;

	if (link == NULL)
		return NULL;
	url = fill(link, p);
	made = json_pack("{s:s?}", "url", url);
	out = take_one(made, "url", TAKE_URL);
	json_decref(made);
	mem_free(url);
	return out;
}

/* Seconds since 1970 as text, or a date. */
static json_t *
shipped_at(const json_t *row)
{
	char text[CLOCK_TEXT];
	int64_t t;

	if (!take_whole(row, "date_shipped", &t))
		return when_take(row, "date_shipped", NULL);
	if (t <= 0 || t > UNIX_LAST)
		return NULL;
	clock_iso_s(t, text);
	return json_string(text);
}

static json_t *
parcel(const json_t *row, struct places *p)
{
	json_t *out = json_object();

	p->text[0] = take_str(row, "tracking_number");
	take_set(out, "external_id", take_one(row, "tracking_id", TAKE_ID));
	neutral_page_text(out, "carrier", row, "tracking_provider");
	if (take_str(out, "carrier") == NULL)
		neutral_page_text(out, "carrier", row,
				  "custom_tracking_provider");
	take_set(out, "tracking_number",
		 take_one(row, "tracking_number", TAKE_NUMBER));
	take_set(out, "tracking_url", tracking_url(row, p));
	take_set(out, "status", json_string("shipped"));
	take_set(out, "shipped_at", shipped_at(row));
	return out;
}

static bool
is_parcel(const json_t *one)
{
	return take_str(one, "tracking_number") != NULL ||
	       take_str(one, "external_id") != NULL;
}

/* Where parcels go to: the shipping address, else that of the bill. */
static const char *
destination(const json_t *o, const char *member)
{
	const char *s = take_str(take_object(o, "shipping"), member);

	return s != NULL ? s : take_str(take_object(o, "billing"), member);
}

static void
add(const json_t *meta, struct places *p, json_t *out)
{
	json_t *rows = take_rows(meta, "value");
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *one = parcel(row, p);

		if (is_parcel(one) && json_array_size(out) < TAKE_ROWS_MAX)
			(void)json_array_append(out, one);
		json_decref(one);
	}
	json_decref(rows);
}

json_t *
woo_parcels(const json_t *o)
{
	struct places p = { .text = { NULL, destination(o, "postcode"),
				      destination(o, "country") } };
	json_t *rows = take_rows(o, "meta_data");
	json_t *out = json_array();
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *key = take_str(row, "key");

		if (key != NULL && strcmp(key, WOO_PARCELS) == 0)
			add(row, &p, out);
	}
	json_decref(rows);
	return out;
}
