#include "gateways/mail/send.h"

#include <jansson.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"
#include "gateways/mail/box.h"
#include "gateways/mail/compose.h"
#include "gateways/mail/mailbox.h"
#include "gateways/mail/maildir.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/net/smtp.h"
#include "gateways/mail/pace.h"
#include "gateways/mail/sender.h"

#define DETAIL_MAX 300 /* bytes of a reason that are reported */
#define TAKE_MAX 20
#define OUT_MAX 40 /* that threads have, or wait to be reported */
#define OUT_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define NO_WAY "the connection has no way to send by"
#define LEASE_MS 60000
#define LEASE_SPARE_MS 10000 /* of it, for a report to arrive */
#define LOOK_MS 30000
#define AGAIN_MS 500      /* before what was cut off is done again */
#define FULL_MS 100       /* between two looks for room */
#define FULL_MAX_MS 30000 /* others do not wait longer for a slow server */

/* A delivery that a thread has, or had. */
struct out {
	struct out *next;
	struct send *send;
	json_int_t id, attempt;
	size_t bytes;
	bool ended;
	enum outcome outcome;
	char detail[SENDER_DETAIL_MAX];
	bool flying; /* its report is under way */
};

struct send {
	struct boxes *boxes;
	struct mailboxes *mailboxes;
	struct bus *bus;
	struct child *parser;
	bool wake; /* ask the outbox */
	bool asking;
	bool drain;
	int64_t look_ms;  /* next look without being woken */
	json_t *queue;    /* deliveries that were taken; NULL: none */
	size_t next;      /* the one in work */
	bool busy;        /* it waits for an answer */
	int64_t taken_ms; /* when the queue was leased; monotonic */
	int lease_ms;     /* for how long */
	int64_t again_ms; /* no work before */
	struct compose *compose;
	struct out *outs;
	size_t out_count;
	size_t out_bytes;
};

struct send *
send_new(struct boxes *boxes, struct mailboxes *mailboxes, struct bus *bus,
	 struct child *parser)
{
	struct send *s = mem_new(1, sizeof(*s));

	s->boxes = boxes;
	s->mailboxes = mailboxes;
	s->bus = bus;
	s->parser = parser;
	return s;
}

/* What of a lease is not used. */
static int
spare_ms(int lease_ms)
{
	return lease_ms / 4 < LEASE_SPARE_MS ? lease_ms / 4 : LEASE_SPARE_MS;
}

static void
out_free(struct out *x)
{
	struct out **at = &x->send->outs;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	x->send->out_count--;
	mem_free(x);
}

void
send_free(struct send **s)
{
	if (!*s)
		return;
	compose_cancel(&(*s)->compose);
	while ((*s)->outs)
		out_free((*s)->outs);
	json_decref((*s)->queue);
	MEM_CLEAR(s);
}

void
send_wake(struct send *s)
{
	s->wake = true;
}

/* --- the queue ------------------------------------------------------------------------ */

/* Begin the delivery in work anew: if it was given, it lies there. */
static void
again(struct send *s)
{
	compose_cancel(&s->compose);
	s->busy = false;
	s->again_ms = clock_tick_ms() + AGAIN_MS;
}

void
send_lost(struct send *s)
{
	again(s);
	s->asking = false;
	s->wake = true;
}

static json_t *
current(const struct send *s)
{
	return json_array_get(s->queue, s->next);
}

static void
finish(struct send *s)
{
	s->busy = false;
	if (++s->next < json_array_size(s->queue))
		return;
	/* there may be more than one take gives */
	s->wake = s->wake || s->next == TAKE_MAX;
	json_decref(s->queue);
	s->queue = NULL;
	s->next = 0;
}

/* --- reports --------------------------------------------------------------------------- */

static void
log_end(json_int_t id, const char *result, const char *detail)
{
	if (strcmp(result, "sent") == 0)
		log_info("mail.sent", "delivery %lld", (long long)id);
	else
		log_warn("mail.not_sent", "delivery %lld: %s: %s",
			 (long long)id, result, detail);
}

static json_t *
report_params(json_int_t id, json_int_t attempt, const char *result, bool retry,
	      const char *detail)
{
	return json_pack("{s:I, s:I, s:s, s:b, s:s%}", "delivery", id,
			 "attempt", attempt, "result", result, "retry", retry,
			 "detail", detail,
			 utf8_cut(detail, strlen(detail), DETAIL_MAX));
}

static void
reported(void *arg, const struct bus_reply *r)
{
	struct send *s = arg;

	if (r->outcome != OUT_OK)
		log_warn("mail.report_lost", "%s", r->err.text);
	if (!s->queue || !s->busy)
		return;
	if (r->outcome == OUT_OK || r->outcome == OUT_PERM)
		finish(s);
	else
		again(s);
}

static void
report(struct send *s, const char *result, bool retry, const char *detail)
{
	const json_t *d = current(s);
	json_int_t id = json_integer_value(json_object_get(d, "id"));
	struct err e;
	json_t *p = report_params(
		id, json_integer_value(json_object_get(d, "attempt")), result,
		retry, detail);

	s->busy = true;
	log_end(id, result, detail);
	if (!p)
		finish(s);
	else if (bus_call(s->bus, "outbox.report", p, NULL, NULL, reported, s,
			  &e) != OUT_OK)
		again(s);
}

/* The daemon has heard what became of it, or will never want to. */
static void
out_reported(void *arg, const struct bus_reply *r)
{
	struct out *x = arg;

	if (r->outcome == OUT_OK || r->outcome == OUT_PERM) {
		if (r->outcome == OUT_PERM)
			log_warn("mail.report_lost", "%s", r->err.text);
		out_free(x);
		return;
	}
	log_warn("mail.report_lost", "%s", r->err.text);
	x->flying = false;
	x->send->again_ms = clock_tick_ms() + AGAIN_MS;
}

static const char *
result_of(enum outcome o)
{
	if (o == OUT_OK)
		return "sent";
	return o == OUT_UNSURE ? "unknown" : "failed";
}

/* Nothing of a delivery has gone. That is said until the daemon has heard it,
 * and the delivery is not begun again: it may come anew meanwhile. */
static void
unsent(struct send *s, const json_t *d, enum outcome o, const char *detail)
{
	struct out *x = mem_new(1, sizeof(*x));
	size_t n = utf8_cut(detail, strlen(detail), sizeof(x->detail) - 1);

	x->send = s;
	x->id = json_integer_value(json_object_get(d, "id"));
	x->attempt = json_integer_value(json_object_get(d, "attempt"));
	x->ended = true;
	x->outcome = o == OUT_PERM ? OUT_PERM : OUT_TEMP;
	memcpy(x->detail, detail, n);
	x->next = s->outs;
	s->outs = x;
	s->out_count++;
	log_end(x->id, result_of(x->outcome), x->detail);
}

static void
finish_unsent(struct send *s, enum outcome o, const char *detail)
{
	unsent(s, current(s), o, detail);
	finish(s);
}

static struct box *
maildir_of(const struct send *s, const json_t *d)
{
	struct box *b = boxes_find(
		s->boxes, json_string_value(json_object_get(d, "connection")));

	return b && b->out ? b : NULL;
}

/* The lease of what was taken is nearly over. What goes into a Maildir comes
 * again by itself; of the rest, nobody else knows that it was not begun. */
static void
give_up(struct send *s)
{
	again(s);
	for (; current(s); s->next++)
		if (!maildir_of(s, current(s)))
			unsent(s, current(s), OUT_TEMP,
			       "there was no time to begin it");
	json_decref(s->queue);
	s->queue = NULL;
	s->next = 0;
	s->wake = true;
}

static void
report_outs(struct send *s)
{
	struct out *next;
	struct err e;

	for (struct out *x = s->outs; x; x = next) {
		json_t *p;

		next = x->next;
		if (!x->ended || x->flying)
			continue;
		p = report_params(x->id, x->attempt, result_of(x->outcome),
				  x->outcome == OUT_TEMP, x->detail);
		x->flying = true;
		if (!p)
			out_free(x);
		else if (bus_call(s->bus, "outbox.report", p, NULL, NULL,
				  out_reported, x, &e) != OUT_OK) {
			x->flying = false;
			s->again_ms = clock_tick_ms() + AGAIN_MS;
			return;
		}
	}
}

/* --- one delivery ------------------------------------------------------------------------ */

static void
give(struct send *s, const struct box *x, const struct buf *mail)
{
	const json_t *d = current(s);
	const char *key = json_string_value(json_object_get(d, "key"));
	const char *at = json_string_value(json_object_get(d, "at"));
	int64_t at_ms = 0;
	bool there = false;
	struct err e;

	if (!key || !at || !clock_parse(at, &at_ms)) {
		report(s, "failed", false, "the delivery has no key");
		return;
	}
	if (maildir_give(x->out, key, at_ms / 1000, buf_str(mail), mail->len,
			 &there, &e) != OUT_OK)
		report(s, "failed", true, e.text);
	else
		report(s, "sent", false,
		       there ? "was there already" : "in the Maildir");
}

static void
parcel_done(struct parcel *p)
{
	struct out *x = p->arg;

	x->ended = true;
	x->outcome = p->outcome;
	memcpy(x->detail, p->detail, sizeof(x->detail));
	x->send->out_bytes -= x->bytes;
	log_end(x->id, result_of(x->outcome), x->detail);
	parcel_free(&p);
}

/* Each address of to and cc once. */
static void
add_recipients(struct parcel *p, const json_t *list)
{
	const json_t *a;
	size_t i, k;

	json_array_foreach(list, i, a)
	{
		const char *s =
			json_string_value(json_object_get(a, "address"));

		for (k = 0; s && k < p->to_count; k++)
			if (strcasecmp(p->to[k], s) == 0)
				s = NULL;
		if (!s)
			continue;
		p->to = mem_resize(p->to, p->to_count + 1, sizeof(*p->to));
		p->to[p->to_count++] = mem_strdup(s);
	}
}

/* What reports of delivery name it by: its key without the brackets. */
static char *
envelope_id(const json_t *d)
{
	const char *key = json_string_value(json_object_get(d, "key"));
	size_t n = key ? strlen(key) : 0;

	if (n < 3 || key[0] != '<' || key[n - 1] != '>')
		return NULL;
	return mem_strndup(key + 1, n - 2);
}

/* The envelope: nothing answers what a program wrote (RFC 3834 5). */
static void
set_envelope(struct parcel *p, const json_t *d, const char *address)
{
	bool automatic = json_is_true(json_object_get(d, "automatic"));

	p->from = mem_strdup(automatic ? "" : address);
	p->reports = json_is_true(json_object_get(d, "dsn"));
	p->envelope_id = envelope_id(d);
}

static struct parcel *
pack(struct send *s, const struct mailbox *x, struct buf *mail)
{
	const json_t *d = current(s);
	struct parcel *p = mem_new(1, sizeof(*p));
	struct out *o = mem_new(1, sizeof(*o));

	p->octets = compose_crlf(mail, &p->n);
	set_envelope(p, d, x->set->address);
	/* a copy that goes without the answer itself would be all there is */
	add_recipients(p, json_object_get(d, "to"));
	p->needed = p->to_count;
	add_recipients(p, json_object_get(d, "cc"));
	p->begin_by_ms = s->taken_ms + s->lease_ms / 2;
	p->deadline_ms = s->taken_ms + s->lease_ms - spare_ms(s->lease_ms);
	p->done = parcel_done;
	p->arg = o;
	o->send = s;
	o->id = json_integer_value(json_object_get(d, "id"));
	o->attempt = json_integer_value(json_object_get(d, "attempt"));
	o->bytes = p->n;
	o->next = s->outs;
	s->outs = o;
	s->out_count++;
	s->out_bytes += p->n;
	return p;
}

static void
hand_over(struct send *s, struct mailbox *x, struct buf *mail)
{
	struct parcel *p = pack(s, x, mail);
	struct out *o = p->arg;
	bool fits = p->to_count > 0 && p->to_count <= SMTP_RECIPIENTS_MAX;

	if (fits && sender_send(x->sender, p)) {
		finish(s);
		return;
	}
	s->out_bytes -= o->bytes;
	out_free(o);
	parcel_free(&p);
	if (fits)
		finish_unsent(s, OUT_TEMP, "the send server is busy");
	else
		finish_unsent(s, OUT_PERM, "nobody, or too many, to send to");
}

static void
composed(void *arg, enum outcome o, struct buf *mail, const struct err *e)
{
	struct send *s = arg;
	const char *name =
		json_string_value(json_object_get(current(s), "connection"));
	struct box *b = maildir_of(s, current(s));
	struct mailbox *x = mailboxes_find(s->mailboxes, name);

	s->compose = NULL;
	if (o != OUT_OK && !bus_up(s->bus))
		again(s);
	else if (o != OUT_OK)
		finish_unsent(s, o, e->text);
	else if (x && x->sender)
		hand_over(s, x, mail);
	else if (b)
		give(s, b, mail);
	else
		finish_unsent(s, OUT_TEMP, NO_WAY);
}

/* Is there room for it? A slow server must not hold up the others. */
static bool
has_room(struct send *s, int64_t now)
{
	const char *name =
		json_string_value(json_object_get(current(s), "connection"));
	struct mailbox *x = mailboxes_find(s->mailboxes, name);

	if (maildir_of(s, current(s)))
		return true;
	if (!x || !x->sender) {
		finish_unsent(s, OUT_TEMP, NO_WAY);
		return false;
	}
	if (s->out_count < OUT_MAX && s->out_bytes < OUT_BYTES_MAX &&
	    sender_room(x->sender))
		return true;
	if (now - s->taken_ms < FULL_MAX_MS &&
	    now < s->taken_ms + s->lease_ms / 2)
		s->again_ms = now + FULL_MS;
	else
		finish_unsent(s, OUT_TEMP, "the send server is slow");
	return false;
}

static void
begin(struct send *s, int64_t now)
{
	struct compose *c;

	if (!has_room(s, now))
		return;
	s->busy = true;
	c = compose_start(s->bus, s->parser, current(s), composed, s);
	if (c)
		s->compose = c;
}

/* --- the outbox ---------------------------------------------------------------------------- */

static void
taken(void *arg, const struct bus_reply *r)
{
	struct send *s = arg;

	s->asking = false;
	if (r->outcome != OUT_OK) {
		log_warn("mail.outbox", "%s", r->err.text);
		return;
	}
	if (s->queue)
		return;
	s->queue = json_incref(json_object_get(r->result, "deliveries"));
	s->next = 0;
	if (!json_array_size(s->queue)) {
		json_decref(s->queue);
		s->queue = NULL;
	}
}

/* The lease counts from the request: the daemon begins it later. */
static void
take(struct send *s, int64_t now)
{
	struct err e;
	bool slow = mailboxes_send(s->mailboxes);
	int lease =
		slow || pace_lease_ms() < LEASE_MS ? pace_lease_ms() : LEASE_MS;
	json_t *p = json_pack("{s:i, s:i}", "max", TAKE_MAX, "lease_ms", lease);

	if (bus_call(s->bus, "outbox.take", p, NULL, NULL, taken, s, &e) !=
	    OUT_OK)
		return;
	s->taken_ms = now;
	s->lease_ms = lease;
	s->wake = false;
	s->asking = true;
}

void
send_step(struct send *s)
{
	int64_t now = clock_tick_ms();

	if (!bus_up(s->bus))
		return;
	if (now >= s->again_ms)
		report_outs(s);
	if (s->queue && !s->busy &&
	    now > s->taken_ms + s->lease_ms - spare_ms(s->lease_ms))
		give_up(s);
	if (s->queue && !s->busy && now >= s->again_ms)
		begin(s, now);
	if (s->drain)
		return;
	if (now >= s->look_ms) {
		s->look_ms = now + LOOK_MS;
		s->wake = true;
	}
	if (s->wake && !s->asking && !s->queue && s->out_count < OUT_MAX)
		take(s, now);
}

int
send_wait_ms(const struct send *s)
{
	int64_t now = clock_tick_ms(), left = s->look_ms - now;

	if (!bus_up(s->bus))
		return LOOK_MS;
	if (s->queue && !s->busy && s->again_ms > now)
		return (int)(s->again_ms - now);
	for (const struct out *x = s->outs; x; x = x->next)
		if (x->ended && !x->flying)
			return s->again_ms > now ? (int)(s->again_ms - now) : 0;
	if ((s->queue && !s->busy) ||
	    (s->wake && !s->asking && !s->queue && s->out_count < OUT_MAX))
		return 0;
	return left > 0 ? (int)left : 0;
}

bool
send_drain(struct send *s)
{
	s->drain = true;
	return s->queue == NULL && !s->asking && !s->outs;
}
