#include "daemon/ctl/import_status.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 64 /* octets of a word that is compared, with its end */
#define RAW_MAX 200

/* NULL: it says nothing of that. */
struct word {
	const char *key; /* small letters alone */
	const char *state;
	const char *payment;
	const char *fulfilment;
};

static const struct word plain_words[] = {
	{ "open", "open", NULL, NULL },
	{ "created", "open", "pending", NULL },
	{ "pending", "open", "pending", NULL },
	{ "paid", "open", "paid", NULL },
	{ "onhold", "open", NULL, NULL },
	{ "shipped", "open", NULL, "fulfilled" },
	{ "delivered", "completed", NULL, "fulfilled" },
	{ "completed", "completed", NULL, NULL },
	{ "cancelled", "cancelled", NULL, NULL },
	{ "canceled", "cancelled", NULL, NULL },
	{ "partiallyrefunded", NULL, "partially_refunded", NULL },
	{ "refunded", NULL, "refunded", NULL },
	{ NULL, NULL, NULL, NULL },
};

/* WooCommerce's words in English and Spanish: exports have either. */
static const struct word woo_words[] = {
	{ "pending", "open", "pending", NULL },
	{ "pendingpayment", "open", "pending", NULL },
	{ "pendientedepago", "open", "pending", NULL },
	{ "onhold", "open", "pending", NULL },
	{ "enespera", "open", "pending", NULL },
	{ "processing", "open", "paid", "unfulfilled" },
	{ "procesando", "open", "paid", "unfulfilled" },
	{ "completed", "completed", "paid", "fulfilled" },
	{ "completado", "completed", "paid", "fulfilled" },
	{ "cancelled", "cancelled", NULL, NULL },
	{ "cancelado", "cancelled", NULL, NULL },
	{ "refunded", NULL, "refunded", NULL },
	{ "reembolsado", NULL, "refunded", NULL },
	{ "failed", "open", "failed", NULL },
	{ "fallido", "open", "failed", NULL },
	{ "trash", "cancelled", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const char *const payment_states[] = {
	"pending", "authorized", "partially_paid",
	"paid",    "refunded",   "partially_refunded",
	"voided",  "failed",     NULL
};
static const char *const fulfilment_states[] = { "unfulfilled", "partial",
						 "fulfilled", NULL };

/* Its letters alone, small; without the "wc-" that WooCommerce stores. */
static void
key_of(const char *s, char out[WORD_MAX])
{
	size_t n = 0;

	if (strncmp(s, "wc-", 3) == 0)
		s += 3;
	for (; *s != '\0' && n + 1 < WORD_MAX; s++) {
		if (*s >= 'A' && *s <= 'Z')
			out[n++] = (char)(*s - 'A' + 'a');
		else if (*s >= 'a' && *s <= 'z')
			out[n++] = *s;
		else if ((unsigned char)*s >= 0x80)
			out[n++] = *s;
	}
	out[n] = '\0';
}

static const struct word *
find(const struct word *list, const char *text)
{
	char key[WORD_MAX];

	key_of(text, key);
	for (; list->key != NULL; list++)
		if (strcmp(list->key, key) == 0)
			return list;
	return NULL;
}

/* The one of the words that it is, or NULL. */
static const char *
one_of(const char *const *list, const char *text)
{
	char key[WORD_MAX];
	char own[WORD_MAX];

	key_of(text, key);
	for (; *list != NULL; list++) {
		key_of(*list, own);
		if (strcmp(own, key) == 0)
			return *list;
	}
	return NULL;
}

static void
set(json_t *order, const char *name, const char *v)
{
	if (v != NULL)
		(void)json_object_set_new(order, name, json_string(v));
}

/* Is it paid for on delivery? */
static bool
on_delivery(const char *method)
{
	static const char *const ways[] = { "cod", "cashondelivery",
					    "contrareembolso", NULL };

	return one_of(ways, method) != NULL;
}

/* What an order without a status of its own is: Shopify's. */
static const char *
state_by_parts(const struct import_words *w, const char *payment,
	       const char *fulfilment)
{
	if (w->cancelled)
		return "cancelled";
	if (payment == NULL || fulfilment == NULL)
		return NULL;
	return strcmp(fulfilment, "fulfilled") == 0 &&
			       (strcmp(payment, "paid") == 0 ||
				strcmp(payment, "refunded") == 0)
		       ? "completed"
		       : "open";
}

static void
set_raw(json_t *order, const struct import_words *w)
{
	char raw[RAW_MAX + 1];

	(void)snprintf(raw, sizeof raw, "%s%s%s",
		       *w->status != '\0' ? w->status : w->payment,
		       *w->status == '\0' && *w->fulfilment != '\0' ? ", " : "",
		       *w->status == '\0' ? w->fulfilment : "");
	if (raw[0] != '\0')
		set(order, "raw_status", raw);
}

void
import_status_set(json_t *order, enum preset p, const struct import_words *w)
{
	const char *payment = one_of(payment_states, w->payment);
	const char *fulfilment = one_of(fulfilment_states, w->fulfilment);
	const struct word *word = NULL;
	const char *state = NULL;

	/* those of PrestaShop are each shop's own */
	if (p == PRESET_WOO)
		word = find(woo_words, w->status);
	else if (p == PRESET_NONE)
		word = find(plain_words, w->status);
	if (word != NULL) {
		state = word->state;
		payment = payment != NULL ? payment : word->payment;
		fulfilment = fulfilment != NULL ? fulfilment : word->fulfilment;
		if (p == PRESET_WOO && payment != NULL && !w->paid &&
		    strcmp(payment, "paid") == 0 && state != NULL &&
		    strcmp(state, "open") == 0 && on_delivery(w->method))
			payment = "pending";
	}
	if (payment == NULL && w->paid)
		payment = "paid";
	if (w->cancelled || (state == NULL && p == PRESET_SHOPIFY))
		state = state_by_parts(w, payment, fulfilment);
	set(order, "state", state);
	set(order, "payment_state", payment);
	set(order, "fulfilment_state", fulfilment);
	set_raw(order, w);
}
