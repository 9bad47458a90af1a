#include "daemon/ctl/import_pass.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/phone.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/import_csv.h"
#include "daemon/ctl/import_seen.h"
#include "daemon/order_in.h"

/* One run of the pass. */
struct pass {
	const struct import_pass *p;
	int code;
	int64_t began_ms;
	int64_t said_ms;
	int64_t before; /* orders of earlier runs */
	bool shown;     /* the first one */
	/* CSV */
	struct csv_reader *reader;
	struct import_order *order;
	bool names; /* the row of names is behind us */
	struct {
		const char *why; /* NULL: none */
		long long line;
		long long last;
	} broken; /* the row before: it may be of the order or of none */
	/* NDJSON */
	struct buf line;
	long long number;
	bool over;
};

static const char pass_too_large[] = "over 512 KiB";

static int64_t
all_of(const struct send_counts *n)
{
	return n->accepted + n->refused;
}

static void
say_progress(struct pass *x)
{
	struct send_counts n;
	int64_t now = clock_tick_ms();
	long long line;
	int64_t rate;

	if (now - x->said_ms < PASS_SAY_MS)
		return;
	x->said_ms = now;
	n = import_send_counts(x->p->send);
	line = import_send_line(x->p->send);
	rate = (all_of(&n) - x->before) * 1000 / (now - x->began_ms);
	if (x->p->look->csv && x->p->look->rows > 0)
		ctl_say(x->p->c,
			"line %lld, about %lld %%: %lld orders, %lld refused; "
			"%lld a second",
			line, line * 100 / (x->p->look->rows + 1),
			(long long)n.accepted, (long long)n.refused,
			(long long)rate);
	else
		ctl_say(x->p->c,
			"line %lld: %lld orders, %lld refused; %lld a second",
			line, (long long)n.accepted, (long long)n.refused,
			(long long)rate);
}

static void
refuse(struct pass *x, long long line, long long last, const char *id,
       const char *why)
{
	x->p->refused(x->p->ctx, line, id, why);
	x->code = import_send_skip(x->p->send, last);
	say_progress(x);
}

static const char *
country_of(const json_t *order, const char *part)
{
	const char *c = ctl_str(json_object_get(order, part), "country");

	return *c != '\0' ? c : NULL;
}

/* The buyer's telephone with its country, as whoever reads a shop gives it. */
static void
set_phone(json_t *order, const char *or_else)
{
	json_t *customer = json_object_get(order, "customer");
	const char *raw = ctl_str(customer, "phone_raw");
	const char *country = country_of(order, "customer");
	char e164[PHONE_MAX];

	if (*raw == '\0')
		raw = ctl_str(customer, "phone");
	if (country == NULL)
		country = country_of(order, "billing");
	if (country == NULL)
		country = country_of(order, "shipping");
	if (*raw == '\0' || *ctl_str(customer, "phone_e164") != '\0' ||
	    !phone_e164(raw, country != NULL ? country : or_else, e164))
		return;
	(void)json_object_set_new(customer, "phone_e164", json_string(e164));
}

static size_t
size_of(const json_t *order, const char *list)
{
	return json_array_size(json_object_get(order, list));
}

/* How the first one was read, for a person to look at. */
static void
show(struct pass *x, const json_t *order, long long line)
{
	const json_t *c = json_object_get(order, "customer");
	char *id;
	char *who;

	if (!x->p->show || x->shown)
		return;
	x->shown = true;
	id = ctl_clean(ctl_str(order, "external_id"));
	who = ctl_clean(*ctl_str(c, "email") != '\0' ? ctl_str(c, "email")
						     : ctl_str(c, "phone_raw"));
	ctl_say(x->p->c,
		"the first one, line %lld: '%s' of %s, total %s %s, by '%s'; "
		"lines: %zu, parcels: %zu",
		line, id, ctl_str(order, "placed_at"), ctl_str(order, "total"),
		ctl_str(order, "currency"), who,
		size_of(order, "lines") + size_of(order, "items"),
		size_of(order, "shipments"));
	mem_free(id);
	mem_free(who);
}

/* An order (taken) that was read: is it one, too? */
static void
take_order(struct pass *x, json_t *order, long long first, long long last)
{
	struct err e = { .text = "" };
	json_t *made = NULL;
	size_t bytes = json_dumpb(order, NULL, 0, JSON_COMPACT);
	enum outcome o = OUT_OK;

	if (bytes > SEND_ORDER_BYTES)
		o = err_set(&e, OUT_PERM, "%s", pass_too_large);
	if (o == OUT_OK)
		o = order_in(order, &made, &e);
	if (o != OUT_OK) {
		refuse(x, first, last, ctl_str(order, "external_id"), e.text);
		json_decref(order);
		return;
	}
	json_decref(made);
	show(x, order, first);
	set_phone(order, x->p->form->country);
	x->code = import_send_order(x->p->send, order, bytes, first, last);
	say_progress(x);
}

/* --- CSV ------------------------------------------------------------------ */

/* The order whose rows are behind us. */
static void
end_order(struct pass *x)
{
	struct import_taken t;

	if (!import_order_any(x->order))
		return;
	import_order_take(x->order, &t);
	if (t.order == NULL)
		refuse(x, t.line, t.last, t.id, t.bad);
	else
		take_order(x, t.order, t.line, t.last);
}

/* What could not be read, after what stands before it. */
static void
tell_broken(struct pass *x)
{
	const char *why = x->broken.why;

	x->broken.why = NULL;
	if (why == NULL || x->code != EXIT_FINE)
		return;
	/* an order before it that is not sent yet is behind no line */
	refuse(x, x->broken.line,
	       import_order_any(x->order) ? 0 : x->broken.last, "", why);
}

/* A row of the order that was read so far, or of the next one? */
static void
next_order(struct pass *x, const struct csv_row *row)
{
	if (!import_order_is(x->order, row))
		end_order(x);
	else if (x->broken.why != NULL)
		import_order_spoil(x->order, x->broken.line);
	tell_broken(x);
}

/* A row that stands in the file, but belongs to no order that is taken. */
static bool
row_refused(struct pass *x, const struct csv_row *row)
{
	const char *key = import_order_key(&x->p->look->map, row);

	if (key[0] == '\0') {
		end_order(x);
		refuse(x, row->line, row->last, "",
		       "it does not say which order it belongs to");
		return true;
	}
	if (!import_seen_apart(x->p->look->seen, key))
		return false;
	end_order(x);
	refuse(x, row->line, row->last, key,
	       "the rows of this order are not together");
	return true;
}

static bool
take_row(void *ctx, const struct csv_row *row)
{
	struct pass *x = ctx;

	if (!x->names || row->last <= x->p->from) {
		x->names = true;
		return true;
	}
	if (row->wrong != NULL) {
		tell_broken(x); /* two in a row: the first one is told */
		x->broken.why = row->wrong;
		x->broken.line = row->line;
		x->broken.last = row->last;
		return x->code == EXIT_FINE;
	}
	next_order(x, row);
	if (x->code == EXIT_FINE && !row_refused(x, row))
		import_order_add(x->order, row);
	return x->code == EXIT_FINE;
}

static bool
csv_part(void *ctx, const char *p, size_t n)
{
	struct pass *x = ctx;

	return csv_reader_add(x->reader, p, n);
}

static void
read_csv(struct pass *x)
{
	int code;

	x->order = import_order_new(x->p->form, &x->p->look->map);
	x->reader = csv_reader_new(x->p->look->delimiter, take_row, x);
	code = import_file_read(x->p->file, csv_part, x, NULL);
	if (code != EXIT_FINE)
		x->code = code;
	if (x->code == EXIT_FINE)
		(void)csv_reader_end(x->reader);
	if (x->code == EXIT_FINE)
		end_order(x);
	tell_broken(x);
	csv_reader_free(&x->reader);
	import_order_free(&x->order);
}

/* --- NDJSON --------------------------------------------------------------- */

static bool
blank(const char *s)
{
	return s[strspn(s, " \t\r")] == '\0';
}

static void
take_line(struct pass *x, const char *text)
{
	char why[IMPORT_BAD_MAX];
	json_error_t bad;
	json_t *o = json_loadb(text, x->line.len, JSON_REJECT_DUPLICATES, &bad);

	if (json_is_object(o)) {
		take_order(x, o, x->number, x->number);
		return;
	}
	if (o != NULL)
		(void)snprintf(why, sizeof why, "not an object");
	else
		(void)snprintf(why, sizeof why, "column %d: %s", bad.column,
			       bad.text);
	refuse(x, x->number, x->number, "", why);
	json_decref(o);
}

static void
end_line(struct pass *x)
{
	const char *text = buf_str(&x->line);

	x->number++;
	if (x->number <= x->p->from)
		return;
	if (x->over) {
		refuse(x, x->number, x->number, "", pass_too_large);
	} else if (memchr(text, '\0', x->line.len) != NULL) {
		refuse(x, x->number, x->number, "", "a NUL octet");
	} else if (!blank(text)) {
		take_line(x, text);
	}
}

static void
add(struct pass *x, const char *p, size_t n)
{
	if (!x->over && !buf_add(&x->line, p, n))
		x->over = true;
}

static bool
ndjson_part(void *ctx, const char *p, size_t n)
{
	struct pass *x = ctx;
	const char *end;

	while (x->code == EXIT_FINE && (end = memchr(p, '\n', n)) != NULL) {
		add(x, p, (size_t)(end - p));
		end_line(x);
		buf_clear(&x->line);
		x->over = false;
		n -= (size_t)(end - p) + 1;
		p = end + 1;
	}
	add(x, p, n);
	return x->code == EXIT_FINE;
}

static void
read_ndjson(struct pass *x)
{
	int code;

	buf_init(&x->line, PASS_LINE_BYTES);
	code = import_file_read(x->p->file, ndjson_part, x, NULL);
	if (code != EXIT_FINE)
		x->code = code;
	if (x->code == EXIT_FINE && (x->line.len > 0 || x->over))
		end_line(x);
	buf_release(&x->line);
}

int
import_pass(const struct import_pass *p)
{
	struct send_counts n = import_send_counts(p->send);
	struct pass x = { .p = p,
			  .began_ms = clock_tick_ms(),
			  .said_ms = clock_tick_ms(),
			  .before = all_of(&n) };

	if (p->look->csv)
		read_csv(&x);
	else
		read_ndjson(&x);
	return x.code;
}
