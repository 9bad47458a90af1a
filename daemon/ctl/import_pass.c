#include "daemon/ctl/import_pass.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
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
	/* CSV */
	struct csv_reader *reader;
	struct import_order *order;
	bool names;            /* the row of names is behind us */
	long long broken_line; /* of a row that could not be read; 0: none */
	/* NDJSON */
	struct buf line;
	long long number;
	bool over;
};

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

/* An order (taken) that was read: is it one, too? */
static void
take_order(struct pass *x, json_t *order, long long first, long long last)
{
	struct err e = { .text = "" };
	json_t *made = NULL;

	if (order_in(order, &made, &e) != OUT_OK) {
		refuse(x, first, last, ctl_str(order, "external_id"), e.text);
		json_decref(order);
		return;
	}
	json_decref(made);
	set_phone(order, x->p->form->country);
	x->code = import_send_order(x->p->send, order, first, last);
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
		x->broken_line = row->line;
		refuse(x, row->line, row->last, "", row->wrong);
		return x->code == EXIT_FINE;
	}
	if (import_order_is(x->order, row)) {
		if (x->broken_line > 0)
			import_order_spoil(x->order, x->broken_line);
	} else {
		end_order(x);
	}
	x->broken_line = 0;
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
end_line(struct pass *x)
{
	const char *text = buf_str(&x->line);
	json_error_t bad;
	json_t *o;

	x->number++;
	if (x->number <= x->p->from)
		return;
	if (x->over) {
		refuse(x, x->number, x->number, "", "over 1 MiB");
	} else if (memchr(text, '\0', x->line.len) != NULL) {
		refuse(x, x->number, x->number, "", "a NUL octet");
	} else if (!blank(text)) {
		o = json_loadb(text, x->line.len, JSON_REJECT_DUPLICATES, &bad);
		if (json_is_object(o)) {
			take_order(x, o, x->number, x->number);
			return;
		}
		refuse(x, x->number, x->number, "",
		       o != NULL ? "not an object" : bad.text);
		json_decref(o);
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
