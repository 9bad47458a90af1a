#include "gateways/mail/send.h"

#include <jansson.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"
#include "gateways/mail/box.h"
#include "gateways/mail/child.h"
#include "gateways/mail/maildir.h"

#define DETAIL_MAX 300 /* bytes of a reason that are reported */
#define TAKE_MAX 20
#define LEASE_MS 60000
#define LEASE_SPARE_MS 10000 /* of it, for a report to arrive */
#define LOOK_MS 30000
#define AGAIN_MS 500 /* before what was cut off is done again */
#define CHUNK 393216
#define MAIL_MAX ((size_t)100 * 1024 * 1024)
#define OCTETS_MAX ((size_t)60 * 1024 * 1024)

struct send {
	struct boxes *boxes;
	struct bus *bus;
	struct child *parser;
	bool wake;      /* ask the outbox */
	bool wake_jobs; /* ask for jobs */
	bool asking;
	bool drain;
	int64_t look_ms;   /* next look without being woken */
	json_t *queue;     /* deliveries that were taken; NULL: none */
	size_t next;       /* the one in work */
	bool busy;         /* it waits for an answer */
	int64_t taken_ms;  /* when the queue was leased; monotonic */
	int64_t again_ms;  /* no work before */
	struct buf octets; /* of its attachments */
	size_t file;       /* the attachment that is fetched */
	size_t got;        /* octets of it */
	int tests;         /* job answers that are awaited */
};

struct send *
send_new(struct boxes *boxes, struct bus *bus, struct child *parser)
{
	struct send *s = mem_new(1, sizeof(*s));

	s->boxes = boxes;
	s->bus = bus;
	s->parser = parser;
	buf_init(&s->octets, OCTETS_MAX);
	return s;
}

void
send_free(struct send **s)
{
	if (!*s)
		return;
	json_decref((*s)->queue);
	buf_release(&(*s)->octets);
	MEM_CLEAR(s);
}

void
send_wake(struct send *s)
{
	s->wake = true;
}

void
send_wake_jobs(struct send *s)
{
	s->wake_jobs = true;
}

/* Begin the delivery in work anew: if it was given, it lies there. */
static void
again(struct send *s)
{
	buf_clear(&s->octets);
	s->file = 0;
	s->got = 0;
	s->busy = false;
	s->again_ms = clock_tick_ms() + AGAIN_MS;
}

void
send_lost(struct send *s)
{
	again(s);
	s->asking = false;
	s->wake = true;
	s->wake_jobs = true;
	s->tests = 0;
}

/* Forget what was taken: its lease runs out, and it comes again. */
static void
give_up(struct send *s)
{
	again(s);
	json_decref(s->queue);
	s->queue = NULL;
	s->next = 0;
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
	buf_clear(&s->octets);
	s->file = 0;
	s->got = 0;
	s->busy = false;
	if (++s->next < json_array_size(s->queue))
		return;
	/* there may be more than one take gives */
	s->wake = s->wake || s->next == TAKE_MAX;
	json_decref(s->queue);
	s->queue = NULL;
	s->next = 0;
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
	struct err e;
	json_t *p = json_pack("{s:O, s:O, s:s, s:b, s:s%}", "delivery",
			      json_object_get(d, "id"), "attempt",
			      json_object_get(d, "attempt"), "result", result,
			      "retry", retry, "detail", detail,
			      utf8_cut(detail, strlen(detail), DETAIL_MAX));

	s->busy = true;
	if (strcmp(result, "sent") == 0)
		log_info("mail.sent", "delivery %lld",
			 (long long)json_integer_value(
				 json_object_get(d, "id")));
	else
		log_warn(
			"mail.not_sent", "delivery %lld: %s",
			(long long)json_integer_value(json_object_get(d, "id")),
			detail);
	if (!p)
		finish(s);
	else if (bus_call(s->bus, "outbox.report", p, NULL, NULL, reported, s,
			  &e) != OUT_OK)
		again(s);
}

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
build(struct send *s)
{
	const json_t *d = current(s);
	struct box *x = boxes_find(
		s->boxes, json_string_value(json_object_get(d, "connection")));
	struct buf mail;
	struct err e;
	enum outcome o;

	if (!x || !x->out) {
		report(s, "failed", true,
		       "the connection has no folder to send by");
		return;
	}
	buf_init(&mail, MAIL_MAX);
	o = child_ask(s->parser, CHILD_BUILD, d, buf_str(&s->octets),
		      s->octets.len, NULL, &mail, &e);
	if (o == OUT_OK)
		give(s, x, &mail);
	else
		report(s, "failed",
		       o == OUT_TEMP || strcmp(e.code, "died") == 0, e.text);
	buf_release(&mail);
}

static void fetch(struct send *s);

static void
fetched(void *arg, const struct bus_reply *r)
{
	struct send *s = arg;
	json_t *file;
	const char *data;
	size_t before = s->octets.len;

	if (!s->queue || !s->busy)
		return;
	s->busy = false;
	if (r->outcome == OUT_PERM) {
		report(s, "failed", false, r->err.text);
		return;
	}
	if (r->outcome != OUT_OK) {
		again(s);
		return;
	}
	file = json_array_get(json_object_get(current(s), "attachments"),
			      s->file);
	data = json_string_value(json_object_get(r->result, "data"));
	if (!data || !hash_unb64(&s->octets, data, strlen(data)) ||
	    s->octets.len == before) {
		report(s, "failed", true, "an attachment came back broken");
		return;
	}
	s->got += s->octets.len - before;
	if ((json_int_t)s->got >=
	    json_integer_value(json_object_get(file, "size"))) {
		s->file++;
		s->got = 0;
	}
	fetch(s);
}

/* Fetch the next piece of the attachments; build when all are here. */
static void
fetch(struct send *s)
{
	const json_t *d = current(s);
	json_t *file =
		json_array_get(json_object_get(d, "attachments"), s->file);
	struct err e;
	json_t *p;

	while (file && json_integer_value(json_object_get(file, "size")) == 0) {
		json_object_set_new(file, "offset", json_integer(0));
		file = json_array_get(json_object_get(d, "attachments"),
				      ++s->file);
	}
	if (!file) {
		build(s);
		return;
	}
	if (!s->got)
		json_object_set_new(file, "offset",
				    json_integer((json_int_t)s->octets.len));
	p = json_pack("{s:O, s:O, s:I, s:i}", "sha256",
		      json_object_get(file, "sha256"), "message",
		      json_object_get(d, "message"), "offset",
		      (json_int_t)s->got, "length", CHUNK);
	s->busy = true;
	if (!p || bus_call(s->bus, "blob.get", p, NULL, NULL, fetched, s, &e) !=
			  OUT_OK)
		again(s);
}

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
	s->taken_ms = clock_tick_ms();
	s->next = 0;
	if (!json_array_size(s->queue)) {
		json_decref(s->queue);
		s->queue = NULL;
	}
}

static void
job_done(void *arg, const struct bus_reply *r)
{
	struct send *s = arg;

	if (s->tests)
		s->tests--;
	if (r->outcome != OUT_OK)
		log_warn("mail.job_lost", "%s", r->err.text);
}

/* connection.test: are the folders there, and may we use them? */
static void
do_job(struct send *s, const json_t *job)
{
	const char *kind = json_string_value(json_object_get(job, "kind"));
	const char *name =
		json_string_value(json_object_get(job, "connection"));
	struct box *x = boxes_find(s->boxes, name);
	struct err e = { .text = "" };
	bool ok = false;
	json_t *p;

	if (!kind || strcmp(kind, "connection.test") != 0)
		(void)err_set(&e, OUT_PERM, "this gateway cannot do that");
	else if (!x)
		(void)err_set(&e, OUT_PERM, "no such connection");
	else
		ok = (!x->in || maildir_check(x->in, &e) == OUT_OK) &&
		     (!x->out || maildir_check(x->out, &e) == OUT_OK);
	p = json_pack("{s:O, s:O, s:b, s:b, s:{s:b, s:s}}", "job",
		      json_object_get(job, "id"), "attempt",
		      json_object_get(job, "attempt"), "ok", ok, "retry", 0,
		      "result", "ok", ok, "detail",
		      ok ? "the folders can be used" : e.text);
	if (p && bus_call(s->bus, "job.report", p, NULL, NULL, job_done, s,
			  &e) == OUT_OK)
		s->tests++;
}

static void
jobs_taken(void *arg, const struct bus_reply *r)
{
	struct send *s = arg;
	size_t i;
	json_t *job;

	if (r->outcome != OUT_OK) {
		log_warn("mail.jobs", "%s", r->err.text);
		return;
	}
	json_array_foreach(json_object_get(r->result, "jobs"), i, job)
		do_job(s, job);
}

static json_t *
take_params(void)
{
	return json_pack("{s:i, s:i}", "max", TAKE_MAX, "lease_ms", LEASE_MS);
}

void
send_step(struct send *s)
{
	int64_t now = clock_tick_ms();
	struct err e;

	if (!bus_up(s->bus))
		return;
	if (s->queue && !s->busy &&
	    now > s->taken_ms + LEASE_MS - LEASE_SPARE_MS)
		give_up(s);
	if (s->queue && !s->busy && now >= s->again_ms)
		fetch(s);
	if (s->drain)
		return;
	if (now >= s->look_ms) {
		s->look_ms = now + LOOK_MS;
		s->wake = true;
		s->wake_jobs = true;
	}
	if (s->wake_jobs && bus_call(s->bus, "job.take", take_params(), NULL,
				     NULL, jobs_taken, s, &e) == OUT_OK)
		s->wake_jobs = false;
	if (s->wake && !s->asking && !s->queue &&
	    bus_call(s->bus, "outbox.take", take_params(), NULL, NULL, taken, s,
		     &e) == OUT_OK) {
		s->wake = false;
		s->asking = true;
	}
}

int
send_wait_ms(const struct send *s)
{
	int64_t left = s->look_ms - clock_tick_ms();

	if (!bus_up(s->bus))
		return LOOK_MS;
	if (s->queue && !s->busy && s->again_ms > clock_tick_ms())
		return AGAIN_MS;
	if ((s->queue && !s->busy) || (s->wake && !s->asking && !s->queue))
		return 0;
	return left > 0 ? (int)left : 0;
}

bool
send_drain(struct send *s)
{
	s->drain = true;
	return s->queue == NULL && !s->asking && !s->tests;
}
