#include "gateways/webhook/deliver.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/wire/bus.h"
#include "gateways/common/http_client.h"
#include "gateways/webhook/hook.h"
#include "gateways/webhook/sign.h"

#define TAKE_MAX 20
#define POSTS_MAX 32 /* under way; the client has room for more */
#define LEASE_MS 60000
#define POST_WAIT_S 20
#define LOOK_MS 30000   /* it looks even when nobody wakes it */
#define ANSWER_MAX 4096 /* octets of an answer that are looked at */
#define WORDS_MAX 200   /* of them in the log */
#define DETAIL_MAX 500
#define HEADER_MAX 200
#define GONE 410 /* the other side wants no more of it */

struct deliver {
	struct hooks *hooks;
	struct bus *bus;
	struct http_client *client;
	bool wake;
	bool asking;
	bool drain;
	int64_t look_ms; /* monotonic: of the next look */
	size_t busy;     /* posts under way */
	size_t reports;  /* whose answers are awaited */
};

/* A post under way. */
struct post {
	struct deliver *d;
	struct hook *hook;
	json_int_t job;
	json_int_t attempt;
	bool test;
	int64_t began_ms; /* monotonic */
};

struct deliver *
deliver_new(struct hooks *hooks, struct bus *bus, struct http_client *client)
{
	struct deliver *d = mem_new(1, sizeof *d);

	d->hooks = hooks;
	d->bus = bus;
	d->client = client;
	return d;
}

void
deliver_free(struct deliver **d)
{
	MEM_CLEAR(d);
}

void
deliver_wake(struct deliver *d)
{
	d->wake = true;
}

void
deliver_lost(struct deliver *d)
{
	d->asking = false;
	d->wake = true;
}

/* --- reports -------------------------------------------------------------------- */

static void
reported(void *arg, const struct bus_reply *r)
{
	struct deliver *d = arg;

	d->reports--;
	if (r->outcome != OUT_OK)
		log_warn("webhook.report_lost", "%s", r->err.text);
}

/* How a job went: whether it is done, and if not, whether to try again. */
struct ended {
	bool ok;
	bool retry;
	long status; /* 0: there was no answer */
	int64_t took_ms;
	char detail[DETAIL_MAX];
};

static void
report(struct deliver *d, json_int_t job, json_int_t attempt,
       const struct ended *x)
{
	struct err e;
	json_t *p = json_pack("{s:I, s:I, s:b, s:b, s:{s:b, s:i, s:I, s:s}}",
			      "job", job, "attempt", attempt, "ok", x->ok,
			      "retry", x->retry, "result", "ok", x->ok,
			      "status", (int)x->status, "took_ms",
			      (json_int_t)x->took_ms, "detail", x->detail);

	if (!x->ok)
		log_warn("webhook.failed", "job %lld: %s", (long long)job,
			 x->detail);
	if (p != NULL && bus_call(d->bus, "job.report", p, NULL, NULL, reported,
				  d, &e) == OUT_OK)
		d->reports++;
	d->wake = true; /* there is room for another one */
}

/* What the other side said, as far as it is plain letters. */
static void
put_words(struct ended *x, const struct buf *answer)
{
	size_t at = strlen(x->detail);
	const char *text = buf_str(answer);
	size_t n;

	if (text[0] == '\0' || at + 3 >= sizeof x->detail)
		return;
	x->detail[at++] = ':';
	x->detail[at++] = ' ';
	for (n = 0;
	     n < WORDS_MAX && text[n] != '\0' && at + 1 < sizeof x->detail; n++)
		x->detail[at++] =
			text[n] >= ' ' && text[n] <= '~' ? text[n] : ' ';
	x->detail[at] = '\0';
}

static void
posted(void *arg, const struct http_result *r)
{
	struct post *p = arg;
	struct deliver *d = p->d;
	struct ended x = { .status = r->status,
			   .took_ms = clock_tick_ms() - p->began_ms };

	if (r->outcome == OUT_OK) {
		x.ok = r->status >= 200 && r->status <= 299;
		(void)snprintf(x.detail, sizeof x.detail, "answered %ld",
			       r->status);
		if (!x.ok)
			put_words(&x, r->answer);
	} else {
		x.status = 0;
		(void)snprintf(x.detail, sizeof x.detail, "%.480s",
			       r->err.text);
	}
	/* a test says at once how it went */
	x.retry = !x.ok && !p->test && x.status != GONE;
	p->hook->busy--;
	d->busy--;
	hook_told(p->hook, d->bus, x.ok, x.detail);
	report(d, p->job, p->attempt, &x);
	mem_free(p);
}

/* --- posts ------------------------------------------------------------------------- */

/* The body of a test: it has an id as all have, and says what it is. */
static json_t *
test_body(void)
{
	char id[48];
	char now[32];

	hash_token(id);
	clock_iso_ms(clock_now_ms(), now);
	return json_pack("{s:s, s:s, s:s}", "id", id, "kind", "test", "at",
			 now);
}

static enum outcome
begin(struct post *p, const json_t *body, struct err *e)
{
	static const char agent[] =
		"User-Agent: postigo-webhook/" PACKAGE_VERSION;
	const char *id = json_string_value(json_object_get(body, "id"));
	char *text = json_dumps(body, JSON_COMPACT);
	int64_t now_s = clock_now_ms() / 1000;
	char sign[SIGN_MAX];
	char said[3][HEADER_MAX];
	const char *header[] = { "Content-Type: application/json",
				 agent,
				 said[0],
				 said[1],
				 said[2],
				 NULL };
	struct http_request post = { .url = p->hook->url,
				     .here_plain = true,
				     .ca_file = p->hook->ca_file,
				     .header = header,
				     .body = text,
				     .wait_s = POST_WAIT_S,
				     .answer_cut = true,
				     .answer_max = ANSWER_MAX };
	enum outcome o;

	if (id == NULL || text == NULL) {
		mem_free(text);
		return err_set(e, OUT_PERM, "the job has no id");
	}
	post.body_n = strlen(text);
	sign_webhook(p->hook->secret, id, now_s, text, post.body_n, sign);
	(void)snprintf(said[0], HEADER_MAX, "Postigo-Id: %s", id);
	(void)snprintf(said[1], HEADER_MAX, "Postigo-Timestamp: %lld",
		       (long long)now_s);
	(void)snprintf(said[2], HEADER_MAX, "Postigo-Signature: %s", sign);
	o = http_client_ask(p->d->client, &post, posted, p, e);
	mem_free(text);
	return o;
}

/* A job that cannot be begun. */
static void
left(struct deliver *d, const json_t *job, bool retry, const char *why)
{
	struct ended x = { .retry = retry };

	(void)snprintf(x.detail, sizeof x.detail, "%.480s", why);
	report(d, json_integer_value(json_object_get(job, "id")),
	       json_integer_value(json_object_get(job, "attempt")), &x);
}

static void
start(struct deliver *d, const json_t *job)
{
	const char *kind = json_string_value(json_object_get(job, "kind"));
	struct hook *k = hooks_find(d->hooks, json_string_value(json_object_get(
						      job, "connection")));
	bool test = kind != NULL && strcmp(kind, "connection.test") == 0;
	struct err e = { .text = "" };
	struct post *p;
	json_t *body;

	if (k == NULL ||
	    (kind != NULL && !test && strcmp(kind, "webhook.send") != 0)) {
		left(d, job, k == NULL && !test,
		     k == NULL ? "the connection is not known here"
			       : "no such kind of job");
		return;
	}
	if (k->busy >= HOOK_POSTS_MAX) {
		left(d, job, true, "others to it have not been answered yet");
		return;
	}
	p = mem_new(1, sizeof *p);
	p->d = d;
	p->hook = k;
	p->job = json_integer_value(json_object_get(job, "id"));
	p->attempt = json_integer_value(json_object_get(job, "attempt"));
	p->test = test;
	p->began_ms = clock_tick_ms();
	body = test ? test_body()
		    : json_incref(json_object_get(job, "payload"));
	if (begin(p, body, &e) == OUT_OK) {
		k->busy++;
		d->busy++;
	} else {
		hook_told(k, d->bus, false, e.text);
		left(d, job, !test, e.text);
		mem_free(p);
	}
	json_decref(body);
}

/* --- taking -------------------------------------------------------------------------- */

static void
taken(void *arg, const struct bus_reply *r)
{
	struct deliver *d = arg;
	const json_t *jobs = json_object_get(r->result, "jobs");
	const json_t *job;
	size_t i;

	d->asking = false;
	if (r->outcome != OUT_OK) {
		if (r->outcome != OUT_UNSURE)
			log_warn("webhook.take", "%s", r->err.text);
		return;
	}
	json_array_foreach(jobs, i, job) start(d, job);
	/* there may be more than one take gives */
	d->wake = d->wake || json_array_size(jobs) > 0;
}

void
deliver_step(struct deliver *d)
{
	size_t room = POSTS_MAX - d->busy;
	struct err e;
	json_t *p;

	if (clock_tick_ms() >= d->look_ms)
		d->wake = true;
	if (!d->wake || d->asking || d->drain || room == 0 || !bus_up(d->bus))
		return;
	p = json_pack("{s:i, s:i}", "max",
		      (int)(room < TAKE_MAX ? room : TAKE_MAX), "lease_ms",
		      LEASE_MS);
	if (p == NULL ||
	    bus_call(d->bus, "job.take", p, NULL, NULL, taken, d, &e) != OUT_OK)
		return;
	d->wake = false;
	d->asking = true;
	d->look_ms = clock_tick_ms() + LOOK_MS;
}

int
deliver_wait_ms(const struct deliver *d)
{
	int64_t ms = d->look_ms - clock_tick_ms();

	return d->asking || d->busy >= POSTS_MAX ? LOOK_MS
	       : ms > 0                          ? (int)ms
						 : 0;
}

bool
deliver_drain(struct deliver *d)
{
	d->drain = true;
	return d->busy == 0 && d->reports == 0 && !d->asking;
}
