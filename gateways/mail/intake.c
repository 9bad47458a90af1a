#include "gateways/mail/intake.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/mail/box.h"
#include "gateways/mail/child.h"
#include "gateways/mail/contact.h"
#include "gateways/mail/maildir.h"
#include "gateways/mail/put.h"

#define SCAN_MS 2000
#define WRITING_MS 50
#define SYNC_MS 1000 /* between two syncs while mails fly */
#define BACKOFF_MS_MIN 500
#define BACKOFF_MS_MAX 30000
#define HOLD_REFUSED_MS (10 * 60 * 1000)
#define HOLD_READ_MS (60 * 1000)
#define STEP_MS 20 /* of work before the bus is served again */

/* A mail under way. */
struct flight {
	struct flight *next;
	struct intake *in;
	struct box *box;
	char *name;
	size_t bytes;
	bool large;
};

struct intake {
	struct boxes *boxes;
	struct bus *bus;
	struct child *parser;
	struct flight *flights;
	size_t bytes;
	bool large; /* one that needs blob.put is under way */
	bool drain;
};

struct intake *
intake_new(struct boxes *boxes, struct bus *bus, struct child *parser)
{
	struct intake *in = mem_new(1, sizeof(*in));

	in->boxes = boxes;
	in->bus = bus;
	in->parser = parser;
	return in;
}

static void
land(struct flight *f)
{
	struct flight **at = &f->in->flights;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	f->in->bytes -= f->bytes;
	if (f->large)
		f->in->large = false;
	f->box->flying--;
	mem_free(f->name);
	mem_free(f);
}

void
intake_free(struct intake **in)
{
	if (!*in)
		return;
	while ((*in)->flights)
		land((*in)->flights);
	MEM_CLEAR(in);
}

static void
back_off(struct box *x, int64_t said_ms)
{
	int64_t now = clock_tick_ms();

	/* mails that were under way together fail once */
	if (now >= x->wait_ms)
		x->backoff_ms =
			x->backoff_ms ? x->backoff_ms * 2 : BACKOFF_MS_MIN;
	if (x->backoff_ms > BACKOFF_MS_MAX)
		x->backoff_ms = BACKOFF_MS_MAX;
	x->wait_ms = now + (said_ms > x->backoff_ms && said_ms <= BACKOFF_MS_MAX
				    ? said_ms
				    : x->backoff_ms);
	x->stale = true;
}

/* The contact is committed: the mail is ours, so it leaves new/. */
static void
committed(struct flight *f, const json_t *result)
{
	struct box *x = f->box;
	struct err e;

	x->backoff_ms = 0;
	log_info("mail.contact", "'%s': incident %lld, message %lld", x->name,
		 (long long)json_integer_value(
			 json_object_get(result, "incident")),
		 (long long)json_integer_value(
			 json_object_get(result, "message")));
	if (maildir_take(x->in, f->name, &e) == OUT_OK) {
		x->moved = true;
		return;
	}
	box_hold(x, f->name, HOLD_READ_MS);
	box_report(f->in->boxes, x, false, e.text);
}

static void
refused(struct flight *f, const struct bus_reply *r)
{
	struct box *x = f->box;

	if (r->outcome != OUT_PERM ||
	    strcmp(r->err.code, "blob_missing") == 0) {
		log_warn("mail.later", "'%s': %s", x->name, r->err.text);
		back_off(x, r->retry_after_ms);
		return;
	}
	log_error("mail.refused", "'%s': the daemon refuses a mail: %s",
		  x->name, r->err.text);
	box_hold(x, f->name, HOLD_REFUSED_MS);
	box_report(f->in->boxes, x, false, r->err.text);
}

static void
answered(void *arg, const struct bus_reply *r)
{
	struct flight *f = arg;

	if (r->outcome == OUT_OK)
		committed(f, r->result);
	else
		refused(f, r);
	land(f);
}

static bool
is_flying(const struct intake *in, const struct box *x, const char *name)
{
	for (const struct flight *f = in->flights; f; f = f->next)
		if (f->box == x && strcmp(f->name, name) == 0)
			return true;
	return false;
}

/* false: nothing more of this box in this round. */
static bool
start(struct intake *in, struct box *x, const char *name)
{
	int64_t received = 0, now = clock_now_ms();
	struct contact *c = NULL;
	struct flight *f;
	char *raw = NULL;
	size_t n = 0;
	struct err e;
	enum outcome o = maildir_read(x->in, name, CONTACT_RAW_MAX, &raw, &n,
				      &received, &e);

	if (o == OUT_TEMP && strcmp(e.code, "writing") == 0) {
		box_hold(x, name, WRITING_MS);
		return true;
	}
	if (o != OUT_OK) {
		log_warn("mail.unread", "'%s': %s", x->name, e.text);
		box_hold(x, name,
			 o == OUT_PERM ? HOLD_REFUSED_MS : HOLD_READ_MS);
		box_report(in->boxes, x, false, e.text);
		return true;
	}
	if (received > now)
		received = now;
	if (contact_make(in->parser, x->name, raw, n, received, &c, &e) !=
	    OUT_OK) {
		log_error("mail.parser", "%s", e.text);
		box_report(in->boxes, x, false, e.text);
		back_off(x, 0);
		return false;
	}
	f = mem_new(1, sizeof(*f));
	f->in = in;
	f->box = x;
	f->name = mem_strdup(name);
	f->bytes = n;
	f->large = contact_is_large(c) != 0;
	f->next = in->flights;
	in->flights = f;
	in->bytes += n;
	in->large = in->large || f->large;
	x->flying++;
	put_contact(in->bus, c, answered, f);
	return x->wait_ms <= clock_tick_ms();
}

static bool
scan(struct intake *in, struct box *x)
{
	struct err e;

	x->scan_ms = clock_tick_ms();
	x->stale = false;
	x->next = 0;
	maildir_names_release(&x->names);
	if (maildir_check(x->in, &e) != OUT_OK ||
	    (x->out && maildir_check(x->out, &e) != OUT_OK) ||
	    maildir_scan(x->in, &x->names, &e) != OUT_OK) {
		box_report(in->boxes, x, false, e.text);
		return false;
	}
	if (!x->held_count)
		box_report(in->boxes, x, true, "");
	return true;
}

static void
work(struct intake *in, struct box *x, int64_t until)
{
	if (x->next >= x->names.count && !x->flying &&
	    (x->stale || clock_tick_ms() - x->scan_ms >= SCAN_MS) &&
	    !scan(in, x))
		return;
	while (x->next < x->names.count && x->flying < INTAKE_FLYING_MAX &&
	       in->bytes < INTAKE_BYTES_MAX && !in->large &&
	       clock_tick_ms() < until) {
		const char *name = x->names.list[x->next++];

		if (box_is_held(x, name) || is_flying(in, x, name))
			continue;
		if (!start(in, x, name)) {
			x->next = x->names.count;
			return;
		}
	}
}

/* A pipe has no folder to look into, but one to send by. */
static void
look_at_pipe(struct intake *in, struct box *x)
{
	struct err e = { .text = "" };
	int64_t now = clock_tick_ms();

	x->stale = false;
	if (x->scan_ms && now - x->scan_ms < SCAN_MS)
		return;
	x->scan_ms = now;
	if (!x->out || maildir_check(x->out, &e) == OUT_OK)
		box_report(in->boxes, x, true, "");
	else
		box_report(in->boxes, x, false, e.text);
}

/* A move that a power cut undoes makes the mail come again, and a repeat is
 * harmless: so a sync for many moves, when all is done or once in a while. */
static void
sync_moved(struct box *x, int64_t now)
{
	if (!x->moved || (x->flying && now - x->sync_ms < SYNC_MS))
		return;
	maildir_sync(x->in);
	x->moved = false;
	x->sync_ms = now;
}

void
intake_step(struct intake *in)
{
	int64_t now = clock_tick_ms();

	for (size_t i = 0; i < in->boxes->count; i++) {
		struct box *x = in->boxes->list[i];

		sync_moved(x, now);
		if (x->gone || in->drain || !bus_up(in->bus))
			continue;
		if (!x->in)
			look_at_pipe(in, x);
		else if (now >= x->wait_ms)
			work(in, x, now + STEP_MS);
	}
	boxes_sweep(in->boxes);
}

int
intake_wait_ms(const struct intake *in)
{
	int64_t now = clock_tick_ms(), wait = SCAN_MS;

	if (in->drain || !bus_up(in->bus))
		return SCAN_MS;
	for (size_t i = 0; i < in->boxes->count; i++) {
		const struct box *x = in->boxes->list[i];
		bool room = x->flying < INTAKE_FLYING_MAX &&
			    in->bytes < INTAKE_BYTES_MAX && !in->large;
		/* no scan while something flies: its landing wakes us */
		int64_t left = x->flying ? SCAN_MS : x->scan_ms + SCAN_MS - now;

		if (x->wait_ms > now)
			left = x->wait_ms - now;
		else if ((x->stale && !x->flying) ||
			 (x->next < x->names.count && room))
			left = 0;
		if (left < wait)
			wait = left;
	}
	return wait > 0 ? (int)wait : 0;
}

bool
intake_drain(struct intake *in)
{
	in->drain = true;
	return in->flights == NULL;
}
