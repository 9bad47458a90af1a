#include "daemon/orderwords.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/money.h"
#include "daemon/store/orderfact.h"
#include "rules/calendar.h"

#define DAY_S 86400
#define NBSP "\xc2\xa0"
#define MONEY_WORDS_MAX (2 * MONEY_TEXT_MAX)

/* A word of ours, in Spanish and English. */
struct word_row {
	const char *code;
	const char *es;
	const char *en;
};

static const struct word_row states[] = {
	{ "created", "Recibido", "Received" },
	{ "paid", "Pagado, en preparación", "Paid, being prepared" },
	{ "on_hold", "En espera", "On hold" },
	{ "shipped", "Enviado", "Shipped" },
	{ "out_for_delivery", "En reparto", "Out for delivery" },
	{ "ready_for_pickup", "Listo para recoger", "Ready for pickup" },
	{ "delivery_attempted", "Intento de entrega", "Delivery attempted" },
	{ "delivered", "Entregado", "Delivered" },
	{ "delivery_failed", "Problema con la entrega", "Delivery problem" },
	{ "cancelled", "Cancelado", "Cancelled" },
	{ "partially_refunded", "Reembolsado en parte", "Partially refunded" },
	{ "refunded", "Reembolsado", "Refunded" },
	{ NULL, "", "" },
};

static const struct word_row payments[] = {
	{ "pending", "Pendiente", "Pending" },
	{ "authorized", "Autorizado", "Authorised" },
	{ "partially_paid", "Pagado en parte", "Partially paid" },
	{ "paid", "Pagado", "Paid" },
	{ "partially_refunded", "Reembolsado en parte", "Partially refunded" },
	{ "refunded", "Reembolsado", "Refunded" },
	{ "voided", "Anulado", "Voided" },
	{ "failed", "Fallido", "Failed" },
	{ NULL, "", "" },
};

static const struct word_row parcels[] = {
	{ "pending", "En preparación", "Being prepared" },
	{ "shipped", "Enviado", "Shipped" },
	{ "in_transit", "En camino", "On its way" },
	{ "out_for_delivery", "En reparto", "Out for delivery" },
	{ "available_for_pickup", "Listo para recoger", "Ready for pickup" },
	{ "attempt_failed", "No había nadie", "Nobody was there" },
	{ "exception", "Incidencia en el transporte", "Carrier problem" },
	{ "expired", "Sin noticias del transporte", "No news of it" },
	{ "delivered", "Entregado", "Delivered" },
	{ "returned", "Devuelto a la tienda", "Returned to the shop" },
	{ "cancelled", "Cancelado", "Cancelled" },
	{ NULL, "", "" },
};

static const struct word_row returns[] = {
	{ "requested", "Solicitada", "Requested" },
	{ "approved", "Aceptada", "Approved" },
	{ "declined", "Rechazada", "Declined" },
	{ "in_transit", "En camino", "On its way" },
	{ "received", "Recibida", "Received" },
	{ "closed", "Terminada", "Closed" },
	{ NULL, "", "" },
};

static const char *const months[12][2] = {
	{ "enero", "January" },
	{ "febrero", "February" },
	{ "marzo", "March" },
	{ "abril", "April" },
	{ "mayo", "May" },
	{ "junio", "June" },
	{ "julio", "July" },
	{ "agosto", "August" },
	{ "septiembre", "September" },
	{ "octubre", "October" },
	{ "noviembre", "November" },
	{ "diciembre", "December" },
};

static bool
spanish(const char *language)
{
	return strcmp(language, "es") == 0;
}

const char *
orderwords_language(const char *locale, const char *otherwise)
{
	size_t n = strcspn(locale, "_-");

	if (n == 2 && strncmp(locale, "es", 2) == 0)
		return "es";
	if (n == 2 && strncmp(locale, "en", 2) == 0)
		return "en";
	return otherwise != NULL && strcmp(otherwise, "en") == 0 ? "en" : "es";
}

/* --- money ---------------------------------------------------------------- */

/* Decimal text with the language's marks: Spanish groups from five digits
 * before the mark on. */
static void
localise(const char *plain, bool es, char out[MONEY_WORDS_MAX])
{
	size_t whole = strcspn(plain, ".");
	size_t at = 0;
	size_t i;
	bool group = !es || whole >= 5;

	for (i = 0; plain[i] != '\0' && at + 2 < MONEY_WORDS_MAX; i++) {
		if (group && i != 0 && i < whole && (whole - i) % 3 == 0)
			out[at++] = es ? '.' : ',';
		out[at++] = plain[i] != '.' ? plain[i] : es ? ',' : '.';
	}
	out[at] = '\0';
}

/* A sign that says one currency alone in both languages. */
static const char *
symbol(const char *currency, bool es)
{
	if (strcmp(currency, "EUR") == 0)
		return "€";
	if (strcmp(currency, "GBP") == 0)
		return "£";
	if (strcmp(currency, "USD") == 0 && !es)
		return "$";
	return NULL;
}

void
orderwords_money(int64_t minor, const char *currency, const char *language,
		 char out[ORDERWORDS_MAX])
{
	bool es = spanish(language);
	const char *sign = symbol(currency, es);
	char plain[MONEY_TEXT_MAX];
	char digits[MONEY_WORDS_MAX];
	const char *minus = "";
	const char *p = plain;

	money_print(minor, currency, plain);
	if (*p == '-') {
		minus = "-";
		p++;
	}
	localise(p, es, digits);
	if (*currency == '\0')
		(void)snprintf(out, ORDERWORDS_MAX, "%s%s", minus, digits);
	else if (es)
		(void)snprintf(out, ORDERWORDS_MAX, "%s%s" NBSP "%s", minus,
			       digits, sign != NULL ? sign : currency);
	else if (sign != NULL)
		(void)snprintf(out, ORDERWORDS_MAX, "%s%s%s", minus, sign,
			       digits);
	else
		(void)snprintf(out, ORDERWORDS_MAX, "%s%s" NBSP "%s", minus,
			       currency, digits);
}

/* --- dates ---------------------------------------------------------------- */

/* Seconds of the zone's own label. */
static int64_t
label(int64_t at_s, const struct calendar *zone)
{
	int64_t until;

	return zone != NULL ? at_s + calendar_offset(zone, at_s, &until) : at_s;
}

static int64_t
floor_days(int64_t label_s)
{
	return label_s >= 0 ? label_s / DAY_S
			    : -((DAY_S - 1 - label_s) / DAY_S);
}

void
orderwords_date(int64_t at_s, const struct calendar *zone, const char *language,
		char out[ORDERWORDS_MAX])
{
	int64_t year;
	int month;
	int day;

	clock_date(floor_days(label(at_s, zone)), &year, &month, &day);
	if (spanish(language))
		(void)snprintf(out, ORDERWORDS_MAX, "%d de %s de %lld", day,
			       months[month - 1][0], (long long)year);
	else
		(void)snprintf(out, ORDERWORDS_MAX, "%d %s %lld", day,
			       months[month - 1][1], (long long)year);
}

void
orderwords_moment(int64_t at_s, const struct calendar *zone,
		  const char *language, char out[ORDERWORDS_MAX])
{
	int64_t l = label(at_s, zone);
	unsigned minute = (unsigned)((l - floor_days(l) * DAY_S) / 60);
	char date[ORDERWORDS_MAX];

	orderwords_date(at_s, zone, language, date);
	(void)snprintf(out, ORDERWORDS_MAX, "%.40s, %02u:%02u", date,
		       minute / 60 % 24, minute % 60);
}

int64_t
orderwords_days(int64_t from_s, int64_t to_s, const struct calendar *zone)
{
	int64_t days =
		floor_days(label(to_s, zone)) - floor_days(label(from_s, zone));

	return days > 0 ? days : 0;
}

/* --- states --------------------------------------------------------------- */

/* What the newest parcel says of the order; NULL: nothing. */
static const char *
parcel_state(const char *status)
{
	static const struct {
		const char *status;
		const char *state;
	} table[] = {
		{ "shipped", "shipped" },
		{ "in_transit", "shipped" },
		{ "out_for_delivery", "out_for_delivery" },
		{ "available_for_pickup", "ready_for_pickup" },
		{ "attempt_failed", "delivery_attempted" },
		{ "exception", "delivery_failed" },
		{ "expired", "delivery_failed" },
		{ "returned", "delivery_failed" },
		{ "delivered", "delivered" },
	};
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(table[i].status, status) == 0)
			return table[i].state;
	return NULL;
}

static bool
is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

const char *
orderwords_state(const struct order_fact *f)
{
	const char *parcel = parcel_state(f->shipment_status);

	if (is(f->state, "cancelled"))
		return "cancelled";
	if (is(f->payment_state, "refunded"))
		return "refunded";
	if (is(f->payment_state, "partially_refunded"))
		return "partially_refunded";
	if (f->delivered_ms != 0)
		return "delivered";
	/* one of several parcels arrived: the order is on its way */
	if (parcel != NULL)
		return is(parcel, "delivered") ? "shipped" : parcel;
	if (is(f->fulfilment_state, "fulfilled") ||
	    is(f->fulfilment_state, "partial"))
		return "shipped";
	if (is(f->raw_status, "on-hold") || is(f->raw_status, "holded"))
		return "on_hold";
	if (is(f->payment_state, "paid") || is(f->payment_state, "authorized"))
		return "paid";
	return "created";
}

static const char *
word_of(const struct word_row *rows, const char *code, const char *language)
{
	while (rows->code != NULL && !is(rows->code, code))
		rows++;
	return spanish(language) ? rows->es : rows->en;
}

const char *
orderwords_of_state(const char *state, const char *language)
{
	return word_of(states, state, language);
}

const char *
orderwords_of_payment(const char *state, const char *language)
{
	return word_of(payments, state, language);
}

const char *
orderwords_of_parcel(const char *status, const char *language)
{
	return word_of(parcels, status, language);
}

const char *
orderwords_of_return(const char *status, const char *language)
{
	return word_of(returns, status, language);
}
