#include "daemon/ordersay.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "daemon/facts.h"
#include "daemon/member.h"
#include "daemon/orderopen.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "rules/book.h"

/* --- rules ---------------------------------------------------------------- */

void
ordersay_facts(struct facts *x, const struct order_fact *f)
{
	int64_t now_s = x->now_ms / 1000;

	facts_number(x, RULE_FIELD_ORDER_FOUND, 1);
	facts_text(x, RULE_FIELD_ORDER_NUMBER, f->number);
	facts_text(x, RULE_FIELD_ORDER_STATE, orderwords_state(f));
	facts_number(x, RULE_FIELD_ORDER_LINES, f->lines);
	facts_number(x, RULE_FIELD_ORDER_AGE, now_s - f->placed_ms / 1000);
	if (f->has_total && *f->currency != '\0') {
		facts_number(x, RULE_FIELD_ORDER_TOTAL, f->total);
		facts_currency(x, f->currency);
	}
	if (f->promised_s != 0 && f->promised_s < now_s && f->delivered_ms == 0)
		facts_number(x, RULE_FIELD_ORDER_DELAY, now_s - f->promised_s);
}

enum outcome
ordersay_of(struct facts *x, struct store *s, int64_t order_id, struct err *e)
{
	struct order_fact f;
	enum outcome o = order_fact_load(s, order_id, &f, e);

	if (o == OUT_OK && f.id != 0 && !f.deleted)
		ordersay_facts(x, &f);
	order_fact_release(&f);
	return o;
}

enum outcome
ordersay_linked(struct facts *x, struct store *s, int64_t incident_id,
		struct err *e)
{
	int64_t id = 0;
	enum outcome o = order_linked(s, incident_id, &id, e);

	return o == OUT_OK && id != 0 ? ordersay_of(x, s, id, e) : o;
}

/* --- saved replies -------------------------------------------------------- */

void
ordersay_release(struct order_say *say)
{
	order_fact_release(&say->f);
	MEM_CLEAR(&say->lines);
}

enum outcome
ordersay_load(struct order_say *say, struct store *s, int64_t incident_id,
	      struct err *e)
{
	int64_t id = 0;
	enum outcome o = order_linked(s, incident_id, &id, e);

	if (o != OUT_OK || id == 0)
		return o;
	o = order_fact_load(s, id, &say->f, e);
	if (o == OUT_OK && say->f.deleted)
		say->f.id = 0;
	return o == OUT_OK && say->f.id != 0
		       ? order_fact_lines(s, id, &say->lines, e)
		       : o;
}

void
ordersay_in(struct order_say *say, const struct calendar *zone,
	    const char *language, struct reply_facts *f)
{
	const struct order_fact *x = &say->f;

	say->total[0] = '\0';
	say->placed[0] = '\0';
	say->promised[0] = '\0';
	if (x->id == 0)
		return;
	if (x->has_total)
		orderwords_money(x->total, x->currency, language, say->total);
	if (x->placed_ms > 0)
		orderwords_date(x->placed_ms / 1000, zone, language,
				say->placed);
	if (x->promised_s > 0)
		orderwords_date(x->promised_s, zone, language, say->promised);
	f->order_number = x->number;
	f->order_total = say->total;
	f->order_placed = say->placed;
	f->order_promised = say->promised;
	f->order_tracking_url = x->tracking_url;
	f->order_lines = say->lines;
}

/* The same telephone, whatever stands between the digits? */
static bool
same_phone(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a != '\0' && !isdigit((unsigned char)*a))
			a++;
		while (*b != '\0' && !isdigit((unsigned char)*b))
			b++;
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
	}
}

static bool
same_address(const struct order_fact *f, const char *address)
{
	if (address == NULL || *address == '\0')
		return false;
	if (strchr(address, '@') != NULL)
		return strcasecmp(address, f->email) == 0;
	return *f->phone != '\0' && same_phone(address, f->phone);
}

/* Do answers go to the buyer alone? */
static bool
same_reply_to(const struct order_fact *f, const json_t *list)
{
	const json_t *a;
	size_t i;

	json_array_foreach(
		list, i,
		a) if (!same_address(f, member_str(a, "address"))) return false;
	return true;
}

/* Does what the desk begins go to the address that the order names? */
static enum outcome
same_known(const struct order_fact *f, struct store *s,
	   const struct incident *inc, bool *out, struct err *e)
{
	char *address;
	char *name;
	enum outcome o = orderopen_address(s, inc, &address, &name, e);

	*out = o == OUT_OK && same_address(f, address);
	mem_free(address);
	mem_free(name);
	return o;
}

enum outcome
ordersay_private(const struct order_say *say, struct store *s,
		 const struct incident *inc, bool *out, struct err *e)
{
	struct message_origin from;
	enum outcome o;

	*out = false;
	if (say->f.id == 0)
		return OUT_OK;
	o = message_origin(s, inc->id, inc->customer_id, inc->messages + 1,
			   &from, e);
	if (o == OUT_OK && from.id == 0)
		o = same_known(&say->f, s, inc, out, e);
	else if (o == OUT_OK)
		*out = same_address(&say->f, from.address) &&
		       same_reply_to(&say->f,
				     json_object_get(from.mail, "reply_to"));
	message_origin_release(&from);
	return o;
}
