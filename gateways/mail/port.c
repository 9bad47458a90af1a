#include "gateways/mail/port.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/mail/contact.h"
#include "gateways/mail/net/net.h"
#include "gateways/mail/put.h"

#define SENT_BYTES_MAX ((size_t)4 * 1024 * 1024) /* in frames at once */
#define STEP_MS 20  /* of parsing before the bus is served again */
#define BLINK_MS 20 /* between two looks at what is held back */
#define ROOM_MS 200 /* between two looks at a cancel flag */
#define DIRECT_MS 60000

/* Something that a thread wants to run on the loop. */
struct post {
	struct post *next;
	void (*fn)(void *arg);
	void *arg;
};

struct ask {
	struct port *port;
	const char *method;
	json_t *params;
	json_t *result;
	enum outcome outcome;
	struct err err;
	bool done;
};

struct port {
	struct bus *bus;
	struct child *parser;
	bool direct;
	int fd;
	/* shared, under lock */
	pthread_mutex_t lock;
	pthread_cond_t landed; /* an answer, or room */
	struct post *first, *last;
	size_t held; /* octets that are reserved */
	size_t held_count;
	bool up;
	bool closed;
	/* the loop's own */
	struct port_mail *mails, **mails_end; /* not begun yet */
	size_t flying;
	size_t asking;
	size_t bytes; /* of what flies */
	bool large;   /* one that needs blob.put flies */
};

struct port *
port_new(struct bus *bus, struct child *parser)
{
	struct port *p = mem_new(1, sizeof(*p));
	pthread_condattr_t attr;

	p->bus = bus;
	p->parser = parser;
	p->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	p->mails_end = &p->mails;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->landed, &attr);
	(void)pthread_condattr_destroy(&attr);
	return p;
}

struct port *
port_direct(struct bus *bus, struct child *parser)
{
	struct port *p = port_new(bus, parser);

	p->direct = true;
	p->up = true;
	return p;
}

void
port_free(struct port **pp)
{
	struct port *p = *pp;

	if (!p)
		return;
	while (p->first) {
		struct post *x = p->first;

		p->first = x->next;
		mem_free(x);
	}
	(void)pthread_cond_destroy(&p->landed);
	(void)pthread_mutex_destroy(&p->lock);
	if (p->fd >= 0)
		(void)close(p->fd);
	MEM_CLEAR(pp);
}

int
port_fd(const struct port *p)
{
	return p->fd;
}

void
port_post(struct port *p, void (*fn)(void *arg), void *arg)
{
	struct post *x = mem_new(1, sizeof(*x));
	uint64_t one = 1;

	x->fn = fn;
	x->arg = arg;
	(void)pthread_mutex_lock(&p->lock);
	if (p->last)
		p->last->next = x;
	else
		p->first = x;
	p->last = x;
	(void)pthread_mutex_unlock(&p->lock);
	if (write(p->fd, &one, sizeof(one)) < 0)
		log_debug("mail.port", "it is awake already");
}

bool
port_is_up(struct port *p)
{
	bool up;

	(void)pthread_mutex_lock(&p->lock);
	up = p->up && !p->closed;
	(void)pthread_mutex_unlock(&p->lock);
	return up;
}

void
port_up(struct port *p, bool up)
{
	(void)pthread_mutex_lock(&p->lock);
	p->up = up;
	(void)pthread_mutex_unlock(&p->lock);
}

static bool
is_closed(struct port *p)
{
	bool closed;

	(void)pthread_mutex_lock(&p->lock);
	closed = p->closed;
	(void)pthread_mutex_unlock(&p->lock);
	return closed;
}

/* --- asks ------------------------------------------------------------------- */

static void
ask_end(struct ask *a)
{
	struct port *p = a->port;

	(void)pthread_mutex_lock(&p->lock);
	a->done = true;
	(void)pthread_cond_broadcast(&p->landed);
	(void)pthread_mutex_unlock(&p->lock);
}

static void
ask_answered(void *arg, const struct bus_reply *r)
{
	struct ask *a = arg;

	a->port->asking--;
	a->outcome = r->outcome;
	a->err = r->err;
	a->result = json_deep_copy(r->result); /* for another thread */
	ask_end(a);
}

static void
ask_begin(void *arg)
{
	struct ask *a = arg;
	struct port *p = a->port;

	if (is_closed(p)) {
		json_decref(a->params);
		a->outcome = err_code(&a->err, OUT_TEMP, PORT_CODE,
				      "the gateway ends");
		ask_end(a);
		return;
	}
	p->asking++;
	a->outcome = bus_call(p->bus, a->method, a->params, NULL, NULL,
			      ask_answered, a, &a->err);
	if (a->outcome == OUT_OK)
		return;
	p->asking--;
	(void)memcpy(a->err.code, PORT_CODE, sizeof(PORT_CODE));
	ask_end(a);
}

enum outcome
port_ask(struct port *p, const char *method, json_t *params,
	 json_t **result_out, struct err *e)
{
	struct ask a = { .port = p, .method = method, .params = params };

	if (result_out)
		*result_out = NULL;
	if (p->direct)
		return bus_ask(p->bus, method, params, NULL, NULL, DIRECT_MS,
			       result_out, NULL, e);
	port_post(p, ask_begin, &a);
	(void)pthread_mutex_lock(&p->lock);
	while (!a.done)
		(void)pthread_cond_wait(&p->landed, &p->lock);
	(void)pthread_mutex_unlock(&p->lock);
	*e = a.err;
	if (a.outcome == OUT_OK && result_out)
		*result_out = a.result;
	else
		json_decref(a.result);
	return a.outcome;
}

/* --- room --------------------------------------------------------------------- */

static void
later(struct timespec *t, long ms)
{
	(void)clock_gettime(CLOCK_MONOTONIC, t);
	t->tv_nsec += ms * 1000000;
	t->tv_sec += t->tv_nsec / 1000000000;
	t->tv_nsec %= 1000000000;
}

bool
port_reserve(struct port *p, size_t n, const struct net_cancel *cancel)
{
	struct timespec t;
	bool ok = false;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->closed && !(cancel && net_cancel_is_set(cancel))) {
		ok = !p->held_count || (p->held + n <= PORT_BYTES_MAX &&
					p->held_count < PORT_MAILS_MAX);
		if (ok)
			break;
		later(&t, ROOM_MS);
		(void)pthread_cond_timedwait(&p->landed, &p->lock, &t);
	}
	if (ok) {
		p->held += n;
		p->held_count++;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return ok;
}

void
port_unreserve(struct port *p, size_t n)
{
	(void)pthread_mutex_lock(&p->lock);
	p->held -= n;
	p->held_count--;
	(void)pthread_cond_broadcast(&p->landed);
	(void)pthread_mutex_unlock(&p->lock);
}

/* --- mails -------------------------------------------------------------------- */

static void
mail_end(struct port *p, struct port_mail *m)
{
	MEM_CLEAR(&m->raw);
	(void)pthread_mutex_lock(&p->lock);
	p->held -= m->reserved;
	p->held_count--;
	m->done = true;
	(void)pthread_cond_broadcast(&p->landed);
	(void)pthread_mutex_unlock(&p->lock);
}

static void
mail_answered(void *arg, const struct bus_reply *r)
{
	struct port_mail *m = arg;
	struct port *p = m->port;

	p->flying--;
	p->bytes -= m->bytes;
	if (m->large)
		p->large = false;
	m->outcome = r->outcome;
	m->err = r->err;
	m->retry_after_ms = r->retry_after_ms;
	if (r->outcome == OUT_OK)
		log_info("mail.contact", "'%s': incident %lld, message %lld",
			 m->connection,
			 (long long)json_integer_value(
				 json_object_get(r->result, "incident")),
			 (long long)json_integer_value(
				 json_object_get(r->result, "message")));
	mail_end(p, m);
}

/* Parse a mail and name its place. NULL: not now, the reason is in m. */
static struct contact *
mail_contact(struct port *p, struct port_mail *m)
{
	struct contact *c = NULL;
	char *raw = m->raw;

	m->raw = NULL;
	m->outcome = contact_make(p->parser, m->connection, raw, m->n,
				  m->received_ms, &c, &m->err);
	if (m->outcome != OUT_OK)
		return NULL;
	/* the ledger says of a beginning that the mail was refused */
	if (m->whole_bytes)
		contact_beginning(c);
	else
		contact_place(c, m->folder, m->uid_validity, m->uid);
	return c;
}

static void
mail_begin(struct port *p, struct port_mail *m)
{
	struct contact *c = mail_contact(p, m);

	if (!c) {
		log_error("mail.parser", "%s", m->err.text);
		mail_end(p, m);
		return;
	}
	m->large = contact_is_large(c) != 0;
	m->bytes = m->n;
	p->large = p->large || m->large;
	p->bytes += m->bytes;
	p->flying++;
	put_contact(p->bus, c, mail_answered, m);
}

static void
mail_queue(void *arg)
{
	struct port_mail *m = arg;
	struct port *p = m->port;

	m->next = NULL;
	*p->mails_end = m;
	p->mails_end = &m->next;
}

static struct port_mail *
mail_next(struct port *p)
{
	struct port_mail *m = p->mails;

	p->mails = m->next;
	if (!p->mails)
		p->mails_end = &p->mails;
	return m;
}

/* Mails that cannot be sent now have their answer: later. */
static void
refuse_mails(struct port *p, const char *why)
{
	while (p->mails) {
		struct port_mail *m = mail_next(p);

		m->outcome = err_code(&m->err, OUT_TEMP, PORT_CODE, "%s", why);
		mail_end(p, m);
	}
}

static void
start_mails(struct port *p)
{
	int64_t until = clock_tick_ms() + STEP_MS;

	if (p->mails && is_closed(p))
		refuse_mails(p, "the gateway ends");
	else if (p->mails && !bus_up(p->bus))
		refuse_mails(p, "the daemon is away");
	while (p->mails && p->flying < PORT_MAILS_MAX &&
	       p->bytes < SENT_BYTES_MAX && !p->large &&
	       clock_tick_ms() < until)
		mail_begin(p, mail_next(p));
}

static void
direct_give(struct port *p, struct port_mail *m)
{
	struct contact *c = mail_contact(p, m);
	const char *method;
	json_t *params;

	while (c && m->outcome == OUT_OK &&
	       (method = contact_next(c, &params)) != NULL) {
		m->outcome = bus_ask(p->bus, method, params, NULL, NULL,
				     DIRECT_MS, NULL, NULL, &m->err);
		contact_done(c);
	}
	contact_free(&c);
	mail_end(p, m);
}

void
port_give(struct port *p, struct port_mail *m)
{
	m->port = p;
	m->done = false;
	if (p->direct)
		direct_give(p, m);
	else
		port_post(p, mail_queue, m);
}

void
port_wait(struct port *p, struct port_mail *m)
{
	(void)pthread_mutex_lock(&p->lock);
	while (!m->done)
		(void)pthread_cond_wait(&p->landed, &p->lock);
	(void)pthread_mutex_unlock(&p->lock);
}

/* --- the loop ------------------------------------------------------------------ */

void
port_step(struct port *p)
{
	struct post *list, *x;
	uint64_t count;

	if (read(p->fd, &count, sizeof(count)) < 0)
		count = 0;
	(void)pthread_mutex_lock(&p->lock);
	list = p->first;
	p->first = p->last = NULL;
	(void)pthread_mutex_unlock(&p->lock);
	while ((x = list) != NULL) {
		list = x->next;
		x->fn(x->arg);
		mem_free(x);
	}
	start_mails(p);
}

int
port_wait_ms(const struct port *p)
{
	bool room = p->flying < PORT_MAILS_MAX && p->bytes < SENT_BYTES_MAX &&
		    !p->large;

	if (!p->mails)
		return -1;
	return room ? 0 : BLINK_MS;
}

void
port_close(struct port *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->closed = true;
	(void)pthread_cond_broadcast(&p->landed);
	(void)pthread_mutex_unlock(&p->lock);
	port_step(p);
}

bool
port_idle(const struct port *p)
{
	return !p->flying && !p->asking && !p->mails;
}
