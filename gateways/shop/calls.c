#include "gateways/shop/calls.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"

#define DETAIL_MAX 500

/* Facts on their way to requests. */
struct making {
	const struct calls_from *from;
	shop_call_fn *fn;
	void *arg;
	json_t *orders; /* gathered; NULL: none */
	size_t bytes;   /* of them */
	bool look;
};

static const char *
text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static void
give(struct making *m, const char *method, json_t *params, const char *id)
{
	const struct shop_call c = { .method = method,
				     .params = params,
				     .id = id };

	m->fn(m->arg, &c);
}

/* What was gathered goes. */
static void
flush(struct making *m)
{
	const json_t *first;
	json_t *p;

	if (m->orders == NULL)
		return;
	p = json_pack("{s:s, s:o, s:s, s:b}", "connection", m->from->connection,
		      "orders", m->orders, "source", m->from->source, "quiet",
		      m->from->quiet);
	first = json_array_get(m->orders, 0); /* lives in p */
	m->orders = NULL;
	m->bytes = 0;
	give(m, "order.put", p, text(first, "external_id"));
}

static void
order(struct making *m, const json_t *fact)
{
	json_t *o = json_object_get(fact, "order");
	size_t n = json_dumpb(o, NULL, 0, JSON_COMPACT);

	if (m->orders != NULL &&
	    (m->bytes + n > CALLS_BYTES ||
	     json_array_size(m->orders) >= CALLS_ORDERS_MAX))
		flush(m);
	if (m->orders == NULL)
		m->orders = json_array();
	(void)json_array_append(m->orders, o);
	m->bytes += n;
}

struct shop_call
shop_notice(const char *connection, int64_t at_ms, const char *severity,
	    const char *code, const char *detail)
{
	struct shop_call c = { .method = "account.event", .id = code };
	size_t n = utf8_cut(detail, strlen(detail), DETAIL_MAX);
	char at[32];

	clock_iso_ms(at_ms, at);
	c.params =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s%}", "connection",
			  connection, "at", at, "severity", severity, "field",
			  "postigo", "code", code, "detail", detail, n);
	return c;
}

static void
tell(struct making *m, const char *severity, const char *code,
     const char *detail)
{
	const struct shop_call c = shop_notice(
		m->from->connection, m->from->at_ms, severity, code, detail);

	m->fn(m->arg, &c);
}

static void
shipment(struct making *m, const json_t *fact)
{
	const json_t *s = json_object_get(fact, "shipment");
	json_t *p = json_pack("{s:s, s:[O], s:b}", "connection",
			      m->from->connection, "shipments", s, "quiet",
			      m->from->quiet);

	give(m, "shipment.put", p, text(s, "tracking_number"));
}

static void
gone(struct making *m, const json_t *fact)
{
	const char *id = text(fact, "order");
	char at[32];

	clock_iso_ms(m->from->at_ms, at);
	give(m, "order.gone",
	     json_pack("{s:s, s:s, s:s}", "connection", m->from->connection,
		       "external_id", id, "at", at),
	     id);
}

static void
privacy(struct making *m, const json_t *fact)
{
	const char *id = text(fact, "id");
	json_t *body = json_object_get(fact, "body");
	json_t *p = json_pack("{s:s, s:s}", "connection", m->from->connection,
			      "topic", text(fact, "topic"));

	if (id[0] != '\0')
		(void)json_object_set_new(p, "id", json_string(id));
	if (body != NULL)
		(void)json_object_set(p, "body", body);
	give(m, "privacy.put", p, text(fact, "topic"));
}

/* Its order is to be read. */
static void
look(struct making *m, const json_t *fact)
{
	(void)fact;
	m->look = true;
}

/* The connection fails from then on, until the shop answers again. */
static void
uninstalled(struct making *m, const json_t *fact)
{
	(void)fact;
	tell(m, "critical", "uninstalled", "");
	give(m, "connection.report",
	     json_pack("{s:s, s:s, s:s}", "name", m->from->connection, "state",
		       "failing", "detail", "the shop removed the app"),
	     "uninstalled");
}

static void
nothing(struct making *m, const json_t *fact)
{
	const char *code = text(fact, "code");

	if (code[0] != '\0')
		tell(m, "warning", code, text(fact, "why"));
}

static const struct {
	const char *kind;
	void (*fn)(struct making *m, const json_t *fact);
} kinds[] = {
	{ "shipment", shipment }, { "delete", gone },
	{ "privacy", privacy },   { "refund", look },
	{ "look", look },         { "uninstalled", uninstalled },
	{ "nothing", nothing },
};

const char *
shop_refused(const json_t *result)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(result, "results"), i,
			   one) if (strcmp(text(one, "change"), "refused") ==
				    0) return text(one, "why");
	return NULL;
}

bool
shop_calls(const struct calls_from *from, const json_t *facts, shop_call_fn *fn,
	   void *arg)
{
	struct making m = { .from = from, .fn = fn, .arg = arg };
	const json_t *fact;
	size_t i;

	json_array_foreach(facts, i, fact)
	{
		const char *kind = text(fact, "kind");

		if (strcmp(kind, "order") == 0) {
			order(&m, fact);
			continue;
		}
		flush(&m);
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
			if (strcmp(kinds[k].kind, kind) == 0)
				kinds[k].fn(&m, fact);
	}
	flush(&m);
	return m.look;
}
