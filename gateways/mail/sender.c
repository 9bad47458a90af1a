#include "gateways/mail/sender.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/mail/domains.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/net/smtp.h"
#include "gateways/mail/pace.h"
#include "gateways/mail/port.h"
#include "gateways/mail/standing.h"

#define STACK_BYTES ((size_t)1024 * 1024)

struct sender {
	struct mailset *set;
	struct port *port;
	struct standing *standing;
	struct net_cancel *cancel;
	pthread_t thread;
	bool started; /* the loop's own */
	/* shared, under lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct parcel *queue, **queue_end;
	size_t waiting;
	int64_t deadline_ms; /* of the transaction under way; 0: none */
	bool stop;
	bool now; /* try a server that failed */
	bool ended;
	/* the thread's own */
	struct smtp *smtp;
	unsigned failures;
	int64_t again_ms; /* not before: the server failed */
	struct err why;   /* how */
	struct smtp_result result;
	struct domains *domains;
};

/* --- the main loop's side -------------------------------------------------------- */

void
parcel_free(struct parcel **pp)
{
	struct parcel *p = *pp;

	if (!p)
		return;
	for (size_t i = 0; i < p->to_count; i++)
		mem_free(p->to[i]);
	mem_free(p->to);
	mem_free(p->from);
	mem_free(p->envelope_id);
	mem_free(p->octets);
	MEM_CLEAR(pp);
}

struct sender *
sender_new(struct mailset *set, struct port *port, struct standing *standing)
{
	struct sender *s = mem_new(1, sizeof(*s));
	pthread_condattr_t attr;

	s->set = set;
	s->port = port;
	s->standing = standing;
	s->queue_end = &s->queue;
	s->cancel = net_cancel_new();
	s->domains = domains_new();
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	return s;
}

static void *life(void *arg);

static bool
start(struct sender *s)
{
	pthread_attr_t attr;

	if (s->started)
		return true;
	if (!s->cancel)
		return false;
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	s->started = pthread_create(&s->thread, &attr, life, s) == 0;
	(void)pthread_attr_destroy(&attr);
	return s->started;
}

bool
sender_room(struct sender *s)
{
	bool room;

	(void)pthread_mutex_lock(&s->lock);
	room = s->waiting < SENDER_QUEUE_MAX;
	(void)pthread_mutex_unlock(&s->lock);
	return room;
}

bool
sender_send(struct sender *s, struct parcel *p)
{
	bool ok;

	if (!start(s))
		return false;
	p->next = NULL;
	(void)pthread_mutex_lock(&s->lock);
	ok = !s->stop && s->waiting < SENDER_QUEUE_MAX;
	if (ok) {
		*s->queue_end = p;
		s->queue_end = &p->next;
		s->waiting++;
		(void)pthread_cond_broadcast(&s->changed);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return ok;
}

void
sender_step(struct sender *s)
{
	(void)pthread_mutex_lock(&s->lock);
	if (s->deadline_ms && clock_tick_ms() >= s->deadline_ms)
		net_cancel_set(s->cancel);
	(void)pthread_mutex_unlock(&s->lock);
}

void
sender_wake(struct sender *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->now = true;
	(void)pthread_cond_broadcast(&s->changed);
	(void)pthread_mutex_unlock(&s->lock);
}

void
sender_stop(struct sender *s, bool cut)
{
	(void)pthread_mutex_lock(&s->lock);
	s->stop = true;
	(void)pthread_cond_broadcast(&s->changed);
	if (cut || !s->deadline_ms)
		net_cancel_set(s->cancel);
	(void)pthread_mutex_unlock(&s->lock);
}

bool
sender_ended(struct sender *s)
{
	bool ended;

	(void)pthread_mutex_lock(&s->lock);
	ended = s->ended || !s->started;
	(void)pthread_mutex_unlock(&s->lock);
	return ended;
}

void
sender_free(struct sender **sp)
{
	struct sender *s = *sp;

	if (!s)
		return;
	if (s->started)
		(void)pthread_join(s->thread, NULL);
	net_cancel_free(&s->cancel);
	domains_free(&s->domains);
	(void)pthread_cond_destroy(&s->changed);
	(void)pthread_mutex_destroy(&s->lock);
	MEM_CLEAR(sp);
}

/* --- the thread ------------------------------------------------------------------- */

static void
parcel_done(void *arg)
{
	struct parcel *p = arg;

	p->done(p);
}

static void
finish(struct sender *s, struct parcel *p, enum outcome o, const char *detail)
{
	size_t n = standing_whole(detail, sizeof(p->detail) - 1);

	p->outcome = o;
	memcpy(p->detail, detail, n);
	p->detail[n] = '\0';
	port_post(s->port, parcel_done, p);
}

/* The next parcel, or NULL at until_ms (0: never), when woken or stopped. */
static struct parcel *
next_parcel(struct sender *s, int64_t until_ms, bool *stop_out)
{
	struct timespec t = { .tv_sec = (time_t)(until_ms / 1000),
			      .tv_nsec = (long)(until_ms % 1000) * 1000000 };
	struct parcel *p;
	int rc = 0;

	(void)pthread_mutex_lock(&s->lock);
	while (!s->queue && !s->stop && !s->now && rc == 0)
		rc = until_ms
			     ? pthread_cond_timedwait(&s->changed, &s->lock, &t)
			     : pthread_cond_wait(&s->changed, &s->lock);
	p = s->queue;
	if (p) {
		s->queue = p->next;
		if (!s->queue)
			s->queue_end = &s->queue;
		s->waiting--;
	}
	if (s->now) {
		s->now = false;
		s->again_ms = 0;
	}
	*stop_out = s->stop;
	(void)pthread_mutex_unlock(&s->lock);
	return p;
}

/* From here to its end the loop watches over the time. */
static void
watch(struct sender *s, int64_t deadline_ms)
{
	(void)pthread_mutex_lock(&s->lock);
	s->deadline_ms = deadline_ms;
	if (!deadline_ms && !s->stop)
		net_cancel_clear(s->cancel);
	(void)pthread_mutex_unlock(&s->lock);
}

/* The server, or why not. */
static enum outcome
reach(struct sender *s, struct err *e)
{
	struct net_server server =
		mailset_server(s->set, &s->set->smtp, s->cancel);
	struct net_login login;
	char *token = NULL;
	enum outcome o;

	if (s->smtp && smtp_alive(s->smtp) && smtp_noop(s->smtp, e) == OUT_OK)
		return OUT_OK;
	smtp_close(&s->smtp);
	if (clock_tick_ms() < s->again_ms) {
		*e = s->why;
		return OUT_TEMP;
	}
	o = mailset_login(s->set, &s->set->smtp, s->cancel, &login, &token, e);
	if (o == OUT_OK)
		o = smtp_open(&server, &login, &s->smtp, e);
	mem_free(token);
	if (o == OUT_OK) {
		s->failures = 0;
		s->again_ms = 0;
		standing_set(s->standing, STANDING_OK, "");
		return OUT_OK;
	}
	if (net_class(e) == NET_C_CANCELLED)
		return o;
	if (net_class(e) == NET_C_AUTH)
		mailset_refused(s->set);
	s->why = *e;
	s->again_ms = clock_tick_ms() +
		      pace_ms(++s->failures, net_class(e) == NET_C_AUTH);
	standing_set(s->standing, STANDING_FAILING, e->text);
	return o;
}

/* "2 of 3 recipients were refused: 550", each code once. */
static void
describe_refusals(const struct smtp_result *r, size_t of, char *out, size_t cap)
{
	size_t at = (size_t)snprintf(
		out, cap,
		"%zu of %zu recipients were refused: ", r->refused_count, of);
	int last = 0;

	for (size_t i = 0; i < r->refused_count && at + 8 < cap; i++) {
		if (r->refused[i].code == last)
			continue;
		at += (size_t)snprintf(out + at, cap - at, "%s%d",
				       last ? ", " : "", r->refused[i].code);
		last = r->refused[i].code;
	}
	if (r->refused_count == of)
		(void)snprintf(out + at, cap - at, " '%.200s'",
			       r->refused[0].text);
}

static void
describe(const struct smtp_result *r, const struct parcel *p, enum outcome o,
	 const struct err *e, char *out, size_t cap)
{
	if (r->refused_count)
		describe_refusals(r, p->to_count, out, cap);
	else if (o == OUT_OK)
		(void)snprintf(out, cap, "%d %.280s", r->code, r->text);
	else
		(void)snprintf(out, cap, "%.290s", e->text);
}

/* Addresses that the other end repeats do not go into details. */
static void
drop_addresses(char *s)
{
	char *to = s;

	while (*s) {
		size_t n = strcspn(s, " <>()\"',;");
		char *at = memchr(s, '@', n);

		if (at) {
			memcpy(to, "...", n < 3 ? n : 3);
			to += n < 3 ? n : 3;
		} else {
			memmove(to, s, n);
			to += n;
		}
		s += n;
		if (*s)
			*to++ = *s++;
	}
	*to = '\0';
}

/* --- domains that wait ------------------------------------------------------- */

/* Does one of those wait without whom nothing goes? */
static bool
must_wait(const struct sender *s, const struct parcel *p)
{
	int64_t now = clock_tick_ms();
	size_t n = p->needed ? p->needed : p->to_count;
	size_t waiting = 0;

	for (size_t i = 0; i < n; i++)
		waiting += domains_wait_ms(s->domains, p->to[i], now) > 0;
	return p->needed ? waiting > 0 : waiting == n;
}

static bool
was_refused(const struct smtp_result *r, size_t recipient)
{
	for (size_t i = 0; i < r->refused_count; i++)
		if (r->refused[i].recipient == recipient)
			return true;
	return false;
}

static bool
is_one_domain(const struct parcel *p)
{
	const char *first = strrchr(p->to[0], '@');

	for (size_t i = 1; i < p->to_count; i++) {
		const char *at = strrchr(p->to[i], '@');

		if (!first || !at || strcasecmp(first, at) != 0)
			return false;
	}
	return first != NULL;
}

/* What the server said of each recipient, and of the mail if all of them are
 * in one domain. A refused sender says nothing about domains. */
static void
note_domains(struct sender *s, const struct parcel *p, enum outcome o)
{
	const struct smtp_result *r = &s->result;
	int64_t now = clock_tick_ms();

	for (size_t i = 0; i < r->refused_count; i++)
		if (r->refused[i].code / 100 == 4)
			domains_later(s->domains,
				      p->to[r->refused[i].recipient],
				      r->refused[i].text, now);
	for (size_t i = 0; o == OUT_OK && i < p->to_count; i++)
		if (!was_refused(r, i))
			domains_well(s->domains, p->to[i]);
	if (o == OUT_TEMP && r->at_end && is_one_domain(p))
		domains_later(s->domains, p->to[0], r->text, now);
}

/* Send it. Some servers take nothing without a sender: then it goes from the
 * mailbox, and says by its header alone that a program wrote it. */
static enum outcome
hand_over(struct sender *s, struct smtp_mail *mail, struct err *e)
{
	enum outcome o;

	memset(&s->result, 0, sizeof(s->result));
	o = smtp_send(s->smtp, mail, &s->result, e);
	if (o != OUT_PERM || mail->from[0] != '\0' || !s->result.at_sender ||
	    net_class(e) == NET_C_AUTH || !smtp_alive(s->smtp))
		return o;
	mail->from = s->set->address;
	mail->reports = false;
	memset(&s->result, 0, sizeof(s->result));
	return smtp_send(s->smtp, mail, &s->result, e);
}

static void
send_one(struct sender *s, struct parcel *p)
{
	struct smtp_mail mail = {
		.from = p->from,
		.to = (const char *const *)p->to,
		.to_count = p->to_count,
		.needed = p->needed,
		.octets = p->octets,
		.n = p->n,
		.reports = p->reports,
		.envelope_id = p->envelope_id,
	};
	struct smtp_result *r = &s->result;
	struct err e = { .text = "" };
	char detail[SENDER_DETAIL_MAX];
	enum outcome o;

	if (clock_tick_ms() >= p->begin_by_ms) {
		finish(s, p, OUT_TEMP, "the send server was busy for too long");
		return;
	}
	if (must_wait(s, p)) {
		finish(s, p, OUT_TEMP,
		       "the recipient's domain waits: mail to it was put off");
		return;
	}
	watch(s, p->deadline_ms);
	o = reach(s, &e);
	if (o != OUT_OK) {
		/* nothing of it went: it may go later, whatever failed */
		(void)snprintf(detail, sizeof(detail), "%.290s", e.text);
		o = OUT_TEMP;
	} else {
		o = hand_over(s, &mail, &e);
		note_domains(s, p, o);
		describe(r, p, o, &e, detail, sizeof(detail));
		/* It is we who are refused (530), not the mail. */
		if (o == OUT_PERM && net_class(&e) == NET_C_AUTH) {
			mailset_refused(s->set);
			smtp_close(&s->smtp);
			o = OUT_TEMP;
		}
	}
	if (s->smtp && !smtp_alive(s->smtp))
		smtp_close(&s->smtp);
	watch(s, 0);
	drop_addresses(detail);
	finish(s, p, o, detail);
}

/* Nothing to send: what else is there to wait for? */
static int64_t
wait_until(const struct sender *s, int64_t idle_ms)
{
	if (s->smtp)
		return idle_ms;
	return s->failures ? s->again_ms : 0;
}

/* A server that failed is tried again, so that we know when it is well. */
static void
retry(struct sender *s)
{
	struct err e;

	if (s->failures && !s->smtp && clock_tick_ms() >= s->again_ms)
		(void)(reach(s, &e) == OUT_OK);
}

static void *
life(void *arg)
{
	struct sender *s = arg;
	int64_t idle_ms = 0;
	bool stop = false;

	while (!stop) {
		struct parcel *p =
			next_parcel(s, wait_until(s, idle_ms), &stop);

		if (p && stop) {
			finish(s, p, OUT_TEMP, "the gateway ends");
			stop = false; /* there may be more */
		} else if (p) {
			send_one(s, p);
			idle_ms = clock_tick_ms() + SENDER_IDLE_MS;
		} else if (!stop) {
			retry(s);
			if (s->smtp && clock_tick_ms() >= idle_ms)
				smtp_close(&s->smtp);
		}
	}
	smtp_close(&s->smtp);
	(void)pthread_mutex_lock(&s->lock);
	s->ended = true;
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}
