#include "gateways/mail/jobs.h"

#include <jansson.h>
#include <pthread.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"
#include "gateways/mail/box.h"
#include "gateways/mail/chore.h"
#include "gateways/mail/compose.h"
#include "gateways/mail/fetch.h"
#include "gateways/mail/mailbox.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/net/net.h"
#include "gateways/mail/notice.h"
#include "gateways/mail/pace.h"
#include "gateways/mail/port.h"
#include "gateways/mail/probe.h"
#include "gateways/mail/sender.h"

#define TAKE_MAX 20
#define UNDER_WAY_MAX 60 /* more are not taken meanwhile */
#define LEASE_MS 60000
#define LOOK_MS 30000
#define HEAVY_MAX 4  /* that hold octets */
#define SENT_MAX 256 /* notices that are remembered */
#define DETAIL_MAX 2000
#define STACK_BYTES ((size_t)1024 * 1024)

/* A job under way. */
struct job {
	struct job *next;
	struct jobs *jobs;
	json_int_t id, attempt;
	char *connection;
	int64_t taken_ms; /* monotonic */
	/* mail.copy, mail.notice */
	bool heavy; /* it holds octets */
	bool waits; /* for its turn */
	/* mail.copy */
	json_int_t delivery; /* 0: none */
	char *message_id;
	struct compose *compose;
	/* mail.notice */
	struct notice *notice;
	/* connection.test of a mailbox */
	struct mailbox *mailbox;
	struct net_cancel *cancel;
	struct port *port;
	pthread_t thread;
	bool ok;
	struct buf words;
};

/* A notice that went, or maybe did: told until the daemon has heard it. */
struct sent {
	struct jobs *jobs;
	json_int_t id, attempt; /* id 0: none */
	bool sure;
	bool heard;
	bool flying; /* its report is under way */
	char detail[SENDER_DETAIL_MAX];
};

struct jobs {
	struct boxes *boxes;
	struct mailboxes *mailboxes;
	struct bus *bus;
	struct child *parser;
	struct port *port;
	bool wake;
	bool more; /* the last take was full */
	bool asking;
	bool drain;
	int64_t look_ms;
	int64_t taken_ms; /* when it was asked for jobs last; monotonic */
	struct job *list;
	size_t count;
	size_t heavy;   /* that are at work */
	size_t reports; /* whose answers are awaited */
	struct notice_way way;
	struct sent sent[SENT_MAX]; /* a ring */
	size_t sent_next;
};

static int
lease_ms(void)
{
	return pace_lease_ms() < LEASE_MS ? pace_lease_ms() : LEASE_MS;
}

struct jobs *
jobs_new(struct boxes *boxes, struct mailboxes *mailboxes, struct bus *bus,
	 struct child *parser, struct port *port)
{
	struct jobs *j = mem_new(1, sizeof(*j));

	j->boxes = boxes;
	j->mailboxes = mailboxes;
	j->bus = bus;
	j->parser = parser;
	j->port = port;
	j->way = (struct notice_way){ .boxes = boxes,
				      .mailboxes = mailboxes,
				      .bus = bus,
				      .parser = parser,
				      .lease_ms = lease_ms() };
	return j;
}

static void
job_free(struct job *x)
{
	struct job **at = &x->jobs->list;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	x->jobs->count--;
	if (x->heavy && !x->waits)
		x->jobs->heavy--;
	compose_cancel(&x->compose);
	notice_cancel(&x->notice);
	net_cancel_free(&x->cancel);
	buf_release(&x->words);
	mem_free(x->message_id);
	mem_free(x->connection);
	mem_free(x);
}

void
jobs_free(struct jobs **j)
{
	if (!*j)
		return;
	while ((*j)->list) {
		struct job *x = (*j)->list;

		/* a test that cannot be interrupted ends with the process */
		if (x->mailbox)
			(*j)->list = x->next;
		else
			job_free(x);
	}
	MEM_CLEAR(j);
}

void
jobs_close(struct jobs *j)
{
	j->bus = NULL;
}

void
jobs_wake(struct jobs *j)
{
	j->wake = true;
}

void
jobs_lost(struct jobs *j)
{
	j->asking = false;
	j->wake = true;
}

static void
reported(void *arg, const struct bus_reply *r)
{
	struct jobs *j = arg;

	j->reports--;
	if (r->outcome != OUT_OK)
		log_warn("mail.job_lost", "%s", r->err.text);
}

static json_t *
report_params(json_int_t id, json_int_t attempt, bool ok, bool retry,
	      const char *detail)
{
	return json_pack("{s:I, s:I, s:b, s:b, s:{s:b, s:s%}}", "job", id,
			 "attempt", attempt, "ok", ok, "retry", retry, "result",
			 "ok", ok, "detail", detail,
			 utf8_cut(detail, strlen(detail), DETAIL_MAX));
}

/* Report a job and forget it. */
static void
end(struct job *x, bool ok, bool retry, const char *detail)
{
	struct jobs *j = x->jobs;
	struct err e;
	json_t *p = report_params(x->id, x->attempt, ok, retry, detail);

	if (!ok)
		log_warn("mail.job", "'%s': %s", x->connection, detail);
	if (!j->bus)
		json_decref(p);
	else if (p && bus_call(j->bus, "job.report", p, NULL, NULL, reported, j,
			       &e) == OUT_OK)
		j->reports++;
	j->wake = j->wake || j->more;
	job_free(x);
}

/* --- connection.test ------------------------------------------------------------------- */

static void
step_said(void *ctx, bool ok, const char *text)
{
	struct job *x = ctx;

	(void)buf_printf(&x->words, "%s%s%s", x->words.len ? "; " : "",
			 ok ? "" : "FAILED ", text);
}

static void
tested(void *arg)
{
	struct job *x = arg;

	(void)pthread_join(x->thread, NULL);
	x->mailbox->users--;
	if (x->ok && !x->mailbox->gone && x->mailbox->fetch)
		fetch_wake(x->mailbox->fetch);
	end(x, x->ok, false, buf_str(&x->words));
}

static void *
test_thread(void *arg)
{
	struct job *x = arg;
	struct port *port = x->port; /* jobs may be gone by then */

	x->ok = probe_run(x->mailbox->set, x->cancel, step_said, x);
	port_post(port, tested, x);
	return NULL;
}

static void
test_mailbox(struct job *x, struct mailbox *m)
{
	pthread_attr_t attr;
	int rc;

	x->mailbox = m;
	x->port = x->jobs->port;
	x->cancel = net_cancel_new();
	m->users++;
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	rc = x->cancel ? pthread_create(&x->thread, &attr, test_thread, x) : -1;
	(void)pthread_attr_destroy(&attr);
	if (rc == 0)
		return;
	m->users--;
	x->mailbox = NULL;
	end(x, false, true, "could not start a thread");
}

/* Are the folders there, and may we use them? */
static void
test_box(struct job *x, const struct box *b)
{
	struct err e = { .text = "the folders can be used" };
	bool ok = (!b->in || maildir_check(b->in, &e) == OUT_OK) &&
		  (!b->out || maildir_check(b->out, &e) == OUT_OK);

	end(x, ok, false, e.text);
}

static void
test(struct job *x)
{
	struct mailbox *m = mailboxes_find(x->jobs->mailboxes, x->connection);
	struct box *b = boxes_find(x->jobs->boxes, x->connection);

	if (m)
		test_mailbox(x, m);
	else if (b)
		test_box(x, b);
	else
		end(x, false, false,
		    "no such connection, or its settings cannot be used");
}

/* --- what an IMAP thread does ------------------------------------------------------------ */

static void
chore_done(struct chore *c)
{
	struct job *x = c->arg;

	end(x, c->outcome == OUT_OK, c->outcome != OUT_OK, c->err.text);
	chore_free(&c);
}

static void
to_thread(struct job *x, struct chore *c)
{
	struct mailbox *m = mailboxes_find(x->jobs->mailboxes, x->connection);

	c->done = chore_done;
	c->arg = x;
	if (m && m->fetch && fetch_chore(m->fetch, c))
		return;
	chore_free(&c);
	end(x, false, true, m ? "the mailbox is busy" : "no such mailbox");
}

static void
handled(struct job *x, const json_t *payload)
{
	struct chore *c = mem_new(1, sizeof(*c));
	const char *folder =
		json_string_value(json_object_get(payload, "folder"));

	c->kind = CHORE_HANDLED;
	c->folder = mem_strdup(folder ? folder : "");
	c->uid_validity = (uint32_t)json_integer_value(
		json_object_get(payload, "uid_validity"));
	c->uid = (uint32_t)json_integer_value(json_object_get(payload, "uid"));
	to_thread(x, c);
}

static void
composed(void *arg, enum outcome o, struct buf *mail, const struct err *e)
{
	struct job *x = arg;
	struct chore *c;

	x->compose = NULL;
	if (o != OUT_OK) {
		end(x, false, o == OUT_TEMP, e->text);
		return;
	}
	c = mem_new(1, sizeof(*c));
	c->kind = CHORE_COPY;
	c->octets = compose_crlf(mail, &c->n);
	c->message_id = mem_strdup(x->message_id);
	to_thread(x, c);
}

static void
delivery_got(void *arg, const struct bus_reply *r)
{
	struct job *x = arg;
	json_t *d = json_object_get(r->result, "delivery");
	const char *key = json_string_value(json_object_get(d, "key"));
	struct compose *c;

	if (r->outcome != OUT_OK || !key) {
		end(x, false, r->outcome != OUT_PERM,
		    r->outcome != OUT_OK ? r->err.text : "no such delivery");
		return;
	}
	x->message_id = mem_strdup(key);
	c = compose_start(x->jobs->bus, x->jobs->parser, d, composed, x);
	if (c)
		x->compose = c;
}

static bool
start_copy(struct job *x)
{
	struct err e;

	return bus_call(x->jobs->bus, "outbox.get",
			json_pack("{s:I}", "delivery", x->delivery), NULL, NULL,
			delivery_got, x, &e) == OUT_OK;
}

/* --- notices ------------------------------------------------------------------------------ */

/* Was it sent by us, and only the report lost? Rows of jobs that are long over
 * are used again: a job that is at an earlier attempt is another one. */
static bool
was_sent(struct jobs *j, const struct notice_job *job)
{
	for (size_t i = 0; i < SENT_MAX; i++) {
		struct sent *x = &j->sent[i];

		if (x->id != job->id)
			continue;
		if (job->attempt > x->attempt)
			return true;
		x->id = 0;
	}
	return false;
}

static void
sent_reported(void *arg, const struct bus_reply *r)
{
	struct sent *x = arg;

	x->jobs->reports--;
	x->flying = false;
	x->heard = r->outcome == OUT_OK || r->outcome == OUT_PERM;
	if (r->outcome != OUT_OK)
		log_warn("mail.job_lost", "%s", r->err.text);
}

/* Tell what became of notices, until it is heard. */
static void
report_sent(struct jobs *j)
{
	struct err e;

	for (size_t i = 0; i < SENT_MAX; i++) {
		struct sent *x = &j->sent[i];

		if (!x->id || x->heard || x->flying)
			continue;
		if (bus_call(j->bus, "job.report",
			     report_params(x->id, x->attempt, x->sure, false,
					   x->detail),
			     NULL, NULL, sent_reported, x, &e) != OUT_OK)
			return;
		x->flying = true;
		j->reports++;
	}
}

/* Keep it in mind in place of the oldest one that is not in flight. */
static void
remember(struct jobs *j, const struct job *job, bool sure, const char *detail)
{
	struct sent *x = &j->sent[j->sent_next];

	while (x->flying) {
		j->sent_next = (j->sent_next + 1) % SENT_MAX;
		x = &j->sent[j->sent_next];
	}
	*x = (struct sent){
		.jobs = j, .id = job->id, .attempt = job->attempt, .sure = sure
	};
	memcpy(x->detail, detail,
	       utf8_cut(detail, strlen(detail), sizeof(x->detail) - 1));
	j->sent_next = (j->sent_next + 1) % SENT_MAX;
}

static void
notice_done(void *arg, enum outcome o, const char *detail)
{
	struct job *x = arg;
	struct jobs *j = x->jobs;

	x->notice = NULL;
	if (o == OUT_TEMP || o == OUT_PERM) {
		end(x, false, o == OUT_TEMP, detail);
		return;
	}
	log_info("mail.notice", "job %lld: %s: %s", (long long)x->id,
		 o == OUT_OK ? "sent" : "unknown", detail);
	remember(j, x, o == OUT_OK, detail);
	j->wake = j->wake || j->more;
	job_free(x);
	if (j->bus)
		report_sent(j);
}

static void
start_notice(struct job *x)
{
	struct notice_job job = { .id = x->id,
				  .attempt = x->attempt,
				  .taken_ms = x->taken_ms };
	struct notice *n;

	if (was_sent(x->jobs, &job)) {
		end(x, true, false, "was sent already");
		return;
	}
	n = notice_start(&x->jobs->way, &job, notice_done, x);
	if (n)
		x->notice = n;
}

/* What holds octets: few at a time. */
static void
start_heavy(struct jobs *j)
{
	struct job *next;

	for (struct job *x = j->list; x; x = next) {
		next = x->next;
		if (!x->waits || j->heavy >= HEAVY_MAX)
			continue;
		if (x->delivery && !start_copy(x))
			return;
		x->waits = false;
		j->heavy++;
		if (!x->delivery)
			start_notice(x);
	}
}

/* --- taking ------------------------------------------------------------------------------- */

static void
begin(struct jobs *j, const json_t *o)
{
	const char *kind = json_string_value(json_object_get(o, "kind"));
	const char *name = json_string_value(json_object_get(o, "connection"));
	const json_t *payload = json_object_get(o, "payload");
	struct job *x = mem_new(1, sizeof(*x));

	x->jobs = j;
	x->id = json_integer_value(json_object_get(o, "id"));
	x->attempt = json_integer_value(json_object_get(o, "attempt"));
	x->taken_ms = j->taken_ms;
	x->connection = mem_strdup(name ? name : "");
	buf_init(&x->words, DETAIL_MAX);
	x->next = j->list;
	j->list = x;
	j->count++;
	if (kind && strcmp(kind, "connection.test") == 0) {
		test(x);
	} else if (kind && strcmp(kind, "mail.handled") == 0) {
		handled(x, payload);
	} else if (kind && strcmp(kind, "mail.copy") == 0) {
		x->delivery = json_integer_value(
			json_object_get(payload, "delivery"));
		x->heavy = x->waits = true;
	} else if (kind && strcmp(kind, "mail.notice") == 0) {
		x->heavy = x->waits = true;
	} else {
		end(x, false, false, "this gateway cannot do that");
	}
}

static void
taken(void *arg, const struct bus_reply *r)
{
	struct jobs *j = arg;
	size_t i;
	json_t *o, *list;

	j->asking = false;
	if (r->outcome != OUT_OK) {
		log_warn("mail.jobs", "%s", r->err.text);
		return;
	}
	list = json_object_get(r->result, "jobs");
	j->more = json_array_size(list) == TAKE_MAX;
	j->wake = j->wake || j->more;
	json_array_foreach(list, i, o) begin(j, o);
}

void
jobs_step(struct jobs *j)
{
	int64_t now = clock_tick_ms();
	struct err e;
	json_t *p;

	if (!bus_up(j->bus) || j->drain)
		return;
	report_sent(j);
	start_heavy(j);
	if (now >= j->look_ms) {
		j->look_ms = now + LOOK_MS;
		j->wake = true;
	}
	if (!j->wake || j->asking || j->count + TAKE_MAX > UNDER_WAY_MAX)
		return;
	p = json_pack("{s:i, s:i}", "max", TAKE_MAX, "lease_ms", lease_ms());
	if (bus_call(j->bus, "job.take", p, NULL, NULL, taken, j, &e) != OUT_OK)
		return;
	j->taken_ms = now;
	j->wake = false;
	j->asking = true;
}

int
jobs_wait_ms(const struct jobs *j)
{
	int64_t left = j->look_ms - clock_tick_ms();

	if (!bus_up(j->bus) || j->drain)
		return LOOK_MS;
	if (j->wake && !j->asking && j->count + TAKE_MAX <= UNDER_WAY_MAX)
		return 0;
	return left > 0 ? (int)left : 0;
}

bool
jobs_drain(struct jobs *j)
{
	j->drain = true;
	for (struct job *x = j->list; x; x = x->next)
		if (x->cancel)
			net_cancel_set(x->cancel);
	return j->list == NULL && !j->asking && !j->reports;
}
