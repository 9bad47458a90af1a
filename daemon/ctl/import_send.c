#include "daemon/ctl/import_send.h"

#include <poll.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"

#define RETRY_MS 500 /* after an answer of "later" that says no when */
#define POLL_MS 200  /* longest sleep while answers are waited for */

enum state {
	FREE,
	WAITS,
	FLIES,
	DONE
};

/* A request, or one in the making. */
struct batch {
	struct import_send *s;
	enum state state;
	json_t *orders;
	size_t bytes;
	long long first[SEND_ORDERS]; /* line of each */
	size_t count;
	long long last; /* line: with its answer all up to it is answered */
	struct send_counts counts;
	bool counted; /* sent again, it counts no more */
	int64_t sent_ms;
};

struct import_send {
	struct ctl *c;
	const char *connection;
	bool dry;
	send_refused_fn *refused;
	void *ctx;
	json_int_t run;
	struct batch ring[SEND_WINDOW + 1]; /* the last one is in the making */
	size_t head;                        /* the oldest */
	size_t used;
	bool broken; /* an answer was "later": nothing new until all are
			    back, then again from there */
	int64_t not_before_ms;
	int64_t shared_until_ms; /* others were there: they are still */
	int64_t heard_ms;
	int64_t marked_ms;
	struct send_counts counts;
	long long line;
	int code; /* not 0: no more */
};

#define RING (SEND_WINDOW + 1)

static struct batch *
nth(struct import_send *s, size_t i)
{
	return &s->ring[(s->head + i) % RING];
}

/* The one in the making. */
static struct batch *
making(struct import_send *s)
{
	return nth(s, s->used);
}

/* --- answers -------------------------------------------------------------- */

static void
count_one(struct batch *b, const json_t *r, long long line)
{
	const char *change = ctl_str(r, "change");

	if (strcmp(change, "refused") == 0) {
		b->counts.refused++;
		b->s->refused(b->s->ctx, line, ctl_str(r, "external_id"),
			      ctl_str(r, "why"));
		return;
	}
	b->counts.accepted++;
	if (strcmp(change, "new") == 0 || strcmp(change, "changed") == 0)
		b->counts.changed++;
}

static void
count(struct batch *b, const json_t *results)
{
	const json_t *r;
	size_t i;

	if (b->counted)
		return;
	b->counted = true;
	json_array_foreach(results, i, r) if (i < b->count)
		count_one(b, r, b->first[i]);
}

/* How long others go first, after a request that took so long. */
static int64_t
pause_ms(int64_t took_ms)
{
	int64_t ms = took_ms * SEND_YIELD;

	return ms < SEND_YIELD_MS ? ms : SEND_YIELD_MS;
}

static void
answered(void *arg, const struct bus_reply *r)
{
	struct batch *b = arg;
	struct import_send *s = b->s;
	int64_t now = clock_tick_ms();

	if (r->outcome == OUT_OK) {
		b->state = DONE;
		s->heard_ms = now;
		count(b, json_object_get(r->result, "results"));
		if (ctl_int(r->result, "beside") > 0)
			s->shared_until_ms = now + SEND_SHARED_MS;
		if (now < s->shared_until_ms)
			s->not_before_ms = now + pause_ms(now - b->sent_ms);
		return;
	}
	b->state = WAITS;
	s->broken = true;
	if (r->outcome != OUT_PERM) {
		s->not_before_ms =
			now +
			(r->retry_after_ms > 0 ? r->retry_after_ms : RETRY_MS);
		return;
	}
	if (s->code == EXIT_FINE)
		s->code = ctl_fail(ctl_exit_of(r->outcome, &r->err),
				   "order.put: %s", r->err.text);
}

/* --- requests ------------------------------------------------------------- */

static void
send_one(struct batch *b)
{
	struct import_send *s = b->s;
	struct err e = { .text = "" };
	enum outcome o;

	b->state = FLIES;
	b->sent_ms = clock_tick_ms();
	o = bus_call(s->c->bus, "order.put",
		     json_pack("{s:s, s:O, s:s, s:b}", "connection",
			       s->connection, "orders", b->orders, "source",
			       "import", "quiet", 1),
		     NULL, NULL, answered, b, &e);
	if (o == OUT_OK)
		return;
	b->state = WAITS;
	if (o == OUT_PERM)
		s->code = ctl_fail(EXIT_DATA, "order.put: %s", e.text);
	s->broken = true;
	s->not_before_ms = clock_tick_ms() + RETRY_MS;
}

static bool
any(struct import_send *s, enum state state)
{
	for (size_t i = 0; i < s->used; i++)
		if (nth(s, i)->state == state)
			return true;
	return false;
}

/* After a break all that came behind it is sent again, so that of two states
 * of one order the later one is told last. */
static void
mend(struct import_send *s)
{
	bool behind = false;

	if (!s->broken || any(s, FLIES) || clock_tick_ms() < s->not_before_ms)
		return;
	s->broken = false;
	for (size_t i = 0; i < s->used; i++) {
		behind |= nth(s, i)->state == WAITS;
		if (behind)
			nth(s, i)->state = WAITS;
	}
}

static void
take_done(struct import_send *s)
{
	while (s->used > 0 && nth(s, 0)->state == DONE && !s->broken) {
		struct batch *b = nth(s, 0);

		s->line = b->last;
		s->counts.accepted += b->counts.accepted;
		s->counts.changed += b->counts.changed;
		s->counts.refused += b->counts.refused;
		json_decref(b->orders);
		*b = (struct batch){ .s = s };
		s->head = (s->head + 1) % RING;
		s->used--;
	}
}

static void
send_all(struct import_send *s)
{
	mend(s);
	if (clock_tick_ms() < s->not_before_ms)
		return;
	for (size_t i = 0; i < s->used && !s->broken && s->code == EXIT_FINE;
	     i++)
		if (nth(s, i)->state == WAITS)
			send_one(nth(s, i));
}

/* Do what can be done, and wait a little for answers. */
static void
step(struct import_send *s)
{
	struct err e = { .text = "" };
	struct pollfd p;
	int wait = bus_wait_ms(s->c->bus);
	int64_t pause = s->not_before_ms - clock_tick_ms();

	send_all(s);
	if (pause > 0 && (wait < 0 || wait > pause))
		wait = (int)pause;
	p = (struct pollfd){ .fd = bus_fd(s->c->bus), .events = POLLIN };
	if (bus_wants_write(s->c->bus))
		p.events |= POLLOUT;
	(void)poll(&p, p.fd >= 0 ? 1 : 0,
		   wait >= 0 && wait < POLL_MS ? wait : POLL_MS);
	if (bus_step(s->c->bus, &e) == OUT_PERM && s->code == EXIT_FINE)
		s->code = ctl_fail(EXIT_UNREACHABLE, "%s", e.text);
	take_done(s);
	if (s->code == EXIT_FINE &&
	    clock_tick_ms() - s->heard_ms > SEND_PATIENCE_MS)
		s->code = ctl_fail(EXIT_LATER,
				   "no answer for %d s; the same command goes "
				   "on behind line %lld",
				   SEND_PATIENCE_MS / 1000, s->line);
}

/* Until no more than that many wait. */
static void
wait_for(struct import_send *s, size_t left)
{
	s->heard_ms = clock_tick_ms();
	while (s->used > left && s->code == EXIT_FINE)
		step(s);
}

/* --- how far it is -------------------------------------------------------- */

static enum outcome
mark(struct import_send *s, const char *state, struct err *e)
{
	json_t *result = NULL;
	enum outcome o = ctl_try(
		s->c, "import.mark",
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:s}", "run", s->run,
			  "line", (json_int_t)s->line, "accepted",
			  (json_int_t)s->counts.accepted, "changed",
			  (json_int_t)s->counts.changed, "refused",
			  (json_int_t)s->counts.refused, "state", state),
		NULL, CTL_ASK_MS, &result, NULL, e);

	json_decref(result);
	s->marked_ms = clock_tick_ms();
	return o;
}

/* Now and then. A note that is lost is made good by the next one. */
static void
mark_running(struct import_send *s)
{
	struct err e = { .text = "" };

	if (s->code == EXIT_FINE &&
	    clock_tick_ms() - s->marked_ms > SEND_MARK_MS &&
	    mark(s, "running", &e) == OUT_PERM)
		s->code = ctl_fail(ctl_exit_of(OUT_PERM, &e), "import.mark: %s",
				   e.text);
}

/* The last one. Said twice it is harmless. */
static int
mark_done(struct import_send *s)
{
	struct err e = { .text = "" };
	int64_t until = clock_tick_ms() + SEND_PATIENCE_MS;
	enum outcome o;

	while ((o = mark(s, "done", &e)) != OUT_OK && o != OUT_PERM &&
	       clock_tick_ms() < until)
		(void)poll(NULL, 0, RETRY_MS);
	return o == OUT_OK ? EXIT_FINE
			   : ctl_fail(ctl_exit_of(o, &e), "import.mark: %s",
				      e.text);
}

/* The batch in the making is whole. */
static void
dispatch(struct import_send *s)
{
	struct batch *b = making(s);

	if (b->orders == NULL || json_array_size(b->orders) == 0) {
		b->state = DONE; /* only refused ones */
		b->counted = true;
	} else {
		b->state = WAITS;
	}
	s->used++;
	send_all(s);
	take_done(s);
	wait_for(s, SEND_WINDOW - 1);
	mark_running(s);
}

/* --- the seam ------------------------------------------------------------- */

int
import_send_begin(struct ctl *c, const char *connection, const char *name,
		  const char *sha256, bool dry, send_refused_fn *refused,
		  void *ctx, struct import_send **out, long long *line_out)
{
	struct import_send *s = mem_new(1, sizeof *s);
	json_t *result = NULL;
	int code = EXIT_FINE;

	*s = (struct import_send){ .c = c,
				   .connection = connection,
				   .dry = dry,
				   .refused = refused,
				   .ctx = ctx };
	for (size_t i = 0; i < RING; i++)
		s->ring[i].s = s;
	s->heard_ms = s->marked_ms = clock_tick_ms();
	if (!dry)
		code = ctl_ask(c, "import.begin",
			       json_pack("{s:s, s:s, s:s}", "connection",
					 connection, "name", name, "sha256",
					 sha256),
			       CTL_ASK_MS, &result);
	if (code != EXIT_FINE) {
		mem_free(s);
		*out = NULL;
		return code;
	}
	s->run = ctl_int(result, "run");
	s->line = ctl_int(result, "line");
	s->counts = (struct send_counts){
		.accepted = ctl_int(result, "accepted"),
		.changed = ctl_int(result, "changed"),
		.refused = ctl_int(result, "refused"),
	};
	json_decref(result);
	*line_out = s->line;
	*out = s;
	return EXIT_FINE;
}

int
import_send_order(struct import_send *s, json_t *order, size_t bytes,
		  long long first, long long last)
{
	struct batch *b = making(s);

	if (s->dry || s->code != EXIT_FINE) {
		json_decref(order);
		s->counts.accepted += s->code == EXIT_FINE;
		s->line = last;
		return s->code;
	}
	if (b->orders == NULL)
		b->orders = json_array();
	b->bytes += bytes;
	(void)json_array_append_new(b->orders, order);
	b->first[b->count++] = first;
	if (last > b->last)
		b->last = last;
	if (b->count == SEND_ORDERS || b->bytes >= SEND_BYTES)
		dispatch(s);
	return s->code;
}

int
import_send_skip(struct import_send *s, long long last)
{
	struct batch *b = making(s);

	if (s->dry) {
		s->counts.refused++;
		s->line = last;
		return s->code;
	}
	b->counts.refused++;
	if (last > b->last)
		b->last = last;
	if (b->counts.refused >= SEND_SKIPS && s->code == EXIT_FINE)
		dispatch(s);
	return s->code;
}

int
import_send_end(struct import_send *s)
{
	if (s->dry || s->code != EXIT_FINE)
		return s->code;
	if (making(s)->count > 0 || making(s)->last > 0)
		dispatch(s);
	wait_for(s, 0);
	if (s->code == EXIT_FINE)
		s->code = mark_done(s);
	return s->code;
}

struct send_counts
import_send_counts(const struct import_send *s)
{
	return s->counts;
}

long long
import_send_line(const struct import_send *s)
{
	return s->line;
}

void
import_send_free(struct import_send **s)
{
	if (*s == NULL)
		return;
	if ((*s)->c->bus != NULL)
		bus_free(&(*s)->c->bus); /* its callbacks name our batches */
	for (size_t i = 0; i < RING; i++)
		json_decref((*s)->ring[i].orders);
	MEM_CLEAR(s);
}
