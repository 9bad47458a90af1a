#include "gateways/mail/fetch.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/mail/chore.h"
#include "gateways/mail/look.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/net/imap.h"
#include "gateways/mail/pace.h"
#include "gateways/mail/port.h"
#include "gateways/mail/standing.h"

#define STACK_BYTES ((size_t)1024 * 1024)
#define LATER_MS_MIN 500 /* the daemon said later */
#define LATER_MS_MAX 30000
#define AWAY_S 30     /* between two signs of life without the daemon */
#define FLAP_MS 30000 /* a session that lived shorter counts as a failure */
#define FLAPS_MAX 3
#define CHORES_A_LOOK 50

struct fetch {
	struct mailset *set;
	struct port *port;
	struct standing *standing;
	struct net_cancel *cancel; /* end everything */
	struct net_cancel *wake;   /* there is other work */
	pthread_t thread;
	/* shared, under lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop;
	bool now; /* look at everything, at once */
	bool ended;
	struct chore *chores, **chores_end;
	size_t chore_count;
	/* the thread's own */
	struct imap *imap;
	struct look look;
	int64_t sweep_ms;                /* the next one; monotonic */
	struct imap_folder swept;        /* as the last good one found it */
	int64_t later_ms;                /* the last wait for the daemon */
	char trouble[STANDING_TEXT_MAX]; /* of the chores, "" none */
	char token[STANDING_TEXT_MAX];   /* of its replacement, "" none */
};

/* --- the main loop's side ------------------------------------------------------- */

static void *life(void *arg);

static bool
start(struct fetch *f)
{
	pthread_attr_t attr;
	bool ok;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES);
	ok = pthread_create(&f->thread, &attr, life, f) == 0;
	(void)pthread_attr_destroy(&attr);
	return ok;
}

struct fetch *
fetch_new(struct mailset *set, struct port *port, struct standing *standing)
{
	struct fetch *f = mem_new(1, sizeof(*f));
	pthread_condattr_t attr;

	f->set = set;
	f->port = port;
	f->standing = standing;
	f->chores_end = &f->chores;
	f->cancel = net_cancel_new();
	f->wake = net_cancel_new();
	(void)pthread_mutex_init(&f->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&f->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	if (!f->cancel || !f->wake || !start(f)) {
		f->ended = true;
		f->thread = pthread_self();
		fetch_free(&f);
	}
	return f;
}

static void
rouse(struct fetch *f)
{
	(void)pthread_cond_broadcast(&f->changed);
	net_cancel_set(f->wake);
}

void
fetch_wake(struct fetch *f)
{
	(void)pthread_mutex_lock(&f->lock);
	f->now = true;
	rouse(f);
	(void)pthread_mutex_unlock(&f->lock);
}

bool
fetch_chore(struct fetch *f, struct chore *c)
{
	bool room;

	c->next = NULL;
	(void)pthread_mutex_lock(&f->lock);
	room = f->chore_count < FETCH_CHORES_MAX && !f->stop;
	if (room) {
		*f->chores_end = c;
		f->chores_end = &c->next;
		f->chore_count++;
		rouse(f);
	}
	(void)pthread_mutex_unlock(&f->lock);
	return room;
}

void
fetch_stop(struct fetch *f)
{
	(void)pthread_mutex_lock(&f->lock);
	f->stop = true;
	rouse(f);
	(void)pthread_mutex_unlock(&f->lock);
	net_cancel_set(f->cancel);
}

bool
fetch_ended(struct fetch *f)
{
	bool ended;

	(void)pthread_mutex_lock(&f->lock);
	ended = f->ended;
	(void)pthread_mutex_unlock(&f->lock);
	return ended;
}

void
fetch_free(struct fetch **fp)
{
	struct fetch *f = *fp;

	if (!f)
		return;
	if (!pthread_equal(f->thread, pthread_self()))
		(void)pthread_join(f->thread, NULL);
	net_cancel_free(&f->cancel);
	net_cancel_free(&f->wake);
	(void)pthread_cond_destroy(&f->changed);
	(void)pthread_mutex_destroy(&f->lock);
	MEM_CLEAR(fp);
}

/* --- the thread ------------------------------------------------------------------ */

static bool
stopped(struct fetch *f)
{
	bool stop;

	(void)pthread_mutex_lock(&f->lock);
	stop = f->stop;
	(void)pthread_mutex_unlock(&f->lock);
	return stop;
}

/* Take the wake flag down; was everything to be looked at? */
static bool
heed(struct fetch *f)
{
	bool now;

	(void)pthread_mutex_lock(&f->lock);
	net_cancel_clear(f->wake);
	now = f->now;
	f->now = false;
	(void)pthread_mutex_unlock(&f->lock);
	return now;
}

static void
chore_done(void *arg)
{
	struct chore *c = arg;

	c->done(c);
}

static struct chore *
next_chore(struct fetch *f)
{
	struct chore *c;

	(void)pthread_mutex_lock(&f->lock);
	c = f->chores;
	if (c) {
		f->chores = c->next;
		if (!f->chores)
			f->chores_end = &f->chores;
		f->chore_count--;
	}
	(void)pthread_mutex_unlock(&f->lock);
	return c;
}

static bool
chores_wait(struct fetch *f)
{
	bool some;

	(void)pthread_mutex_lock(&f->lock);
	some = f->chores != NULL;
	(void)pthread_mutex_unlock(&f->lock);
	return some;
}

/* There is no session: all chores come again later. */
static void
put_off_chores(struct fetch *f)
{
	struct chore *c;

	while ((c = next_chore(f)) != NULL) {
		c->outcome = err_code(&c->err, OUT_TEMP, NET_NETWORK,
				      "the mailbox is not connected");
		port_post(f->port, chore_done, c);
	}
}

/* Do what waits, not for ever. */
static enum outcome
do_chores(struct fetch *f, struct err *e)
{
	enum outcome o = OUT_OK;

	for (int i = 0; i < CHORES_A_LOOK && o == OUT_OK; i++) {
		struct chore *c = next_chore(f);
		bool moved = false;

		if (!c)
			return OUT_OK;
		c->outcome = chore_do(c, f->set, f->imap,
				      f->look.open ? f->look.validity : 0,
				      &moved, &c->err);
		if (moved)
			f->look.open = false;
		if (c->outcome == OUT_OK)
			f->trouble[0] = '\0';
		else
			(void)snprintf(f->trouble, sizeof(f->trouble), "%.250s",
				       c->err.text);
		if (!imap_alive(f->imap)) {
			*e = c->err;
			o = c->outcome == OUT_OK ? OUT_TEMP : c->outcome;
		}
		port_post(f->port, chore_done, c);
	}
	return o;
}

/* Look from a UID to the end, with chores in between. */
static enum outcome
look_from(struct fetch *f, uint32_t from, struct err *e)
{
	bool more = true;
	enum outcome o = OUT_OK;

	while (o == OUT_OK && more && !stopped(f)) {
		uint32_t was = f->look.validity;

		if (!f->look.open)
			o = look_open(&f->look, e);
		/* other UIDs than those before: from the beginning */
		if (o == OUT_OK && f->look.validity != was)
			from = f->look.first_uid;
		if (o == OUT_OK)
			o = look_window(&f->look, from, &from, &more, e);
		if (o == OUT_OK)
			o = do_chores(f, e);
	}
	return o;
}

/*
 * Is the folder as the last good sweep found it, to the last change of a flag?
 * Then that sweep would find the same again. Servers without CONDSTORE
 * (RFC 7162) cannot say so.
 */
static bool
unchanged(const struct fetch *f)
{
	const struct imap_folder *a = &f->swept, *b = &f->look.is;

	return b->modseq != 0 && a->modseq == b->modseq &&
	       a->uidvalidity == b->uidvalidity && a->exists == b->exists &&
	       a->uidnext == b->uidnext;
}

/* All UIDs, whatever the cursor says. */
static enum outcome
sweep(struct fetch *f, struct err *e)
{
	unsigned unread = f->look.unread;
	struct imap_folder was;
	enum outcome o = OUT_OK;

	if (!unchanged(f)) {
		was = f->look.is;
		o = look_from(f, f->look.first_uid, e);
		if (o != OUT_OK || stopped(f))
			return o;
		memset(&f->swept, 0, sizeof(f->swept));
		/* what the server would not give is asked for again */
		if (f->look.unread == unread)
			f->swept = was;
	}
	f->sweep_ms = clock_tick_ms() + FETCH_SWEEP_MS;
	return OUT_OK;
}

/*
 * What is new, and when it is time everything. A folder that was renamed or
 * deleted by others may go on being the selected one, so it is selected again
 * by its name now and then.
 */
static enum outcome
look_all(struct fetch *f, struct err *e)
{
	bool due = clock_tick_ms() >= f->sweep_ms;
	enum outcome o = OUT_OK;

	if (due ||
	    clock_tick_ms() - f->look.open_ms >= f->set->poll_s * INT64_C(1000))
		f->look.open = false;
	if (!f->look.open)
		o = look_open(&f->look, e);
	if (o == OUT_OK)
		o = look_from(f, f->look.next_uid, e);
	if (o == OUT_OK && due && !stopped(f))
		o = sweep(f, e);
	/* chores may have left the folder: then it is looked at anew */
	if (o == OUT_OK && f->look.open && !stopped(f))
		o = look_done(&f->look, e);
	return o;
}

static void
say_ok(struct fetch *f)
{
	char text[STANDING_TEXT_MAX] = "";

	mailset_renew(f->set, f->cancel, f->token, sizeof(f->token));
	if (f->token[0])
		(void)snprintf(text, sizeof(text), "%s", f->token);
	else if (f->trouble[0])
		(void)snprintf(text, sizeof(text), "%s", f->trouble);
	else if (f->look.refused || f->look.unread)
		(void)snprintf(text, sizeof(text),
			       "not taken and left on the server, %.250s",
			       f->look.why);
	standing_set(f->standing, STANDING_OK, text);
}

/* How long may IDLE last? */
static int
idle_s(const struct fetch *f)
{
	int64_t left = (f->sweep_ms - clock_tick_ms()) / 1000 + 1;

	if (!f->look.open)
		return AWAY_S;
	return left > 0 && left < f->set->poll_s ? (int)left : f->set->poll_s;
}

/* The daemon takes nothing now: keep the session, longer each time. */
static enum outcome
wait_for_daemon(struct fetch *f, struct err *e)
{
	int64_t ms = f->later_ms ? f->later_ms * 2 : LATER_MS_MIN;
	struct timespec t;
	bool news = false;
	enum outcome o;

	if (!port_is_up(f->port)) {
		o = imap_idle_until(f->imap, AWAY_S, f->wake, &news, e);
		/* Mails that wait, or no folder yet, would end each IDLE at
		 * once: then without it. */
		if (!news && (o == OUT_OK || net_class(e) != NET_C_NO_FOLDER))
			return o;
	}
	if (ms > LATER_MS_MAX)
		ms = LATER_MS_MAX;
	f->later_ms = ms;
	if (f->look.retry_ms > ms && f->look.retry_ms <= LATER_MS_MAX)
		ms = f->look.retry_ms;
	f->look.retry_ms = 0;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	(void)pthread_mutex_lock(&f->lock);
	while (!f->stop && !f->now &&
	       pthread_cond_timedwait(&f->changed, &f->lock, &t) == 0)
		;
	(void)pthread_mutex_unlock(&f->lock);
	return imap_noop(f->imap, e);
}

static enum outcome
connect_to(struct fetch *f, struct err *e)
{
	struct net_server server =
		mailset_server(f->set, &f->set->imap, f->cancel);
	struct net_login login;
	char *token = NULL;
	enum outcome o = mailset_login(f->set, &f->set->imap, f->cancel, &login,
				       &token, e);

	if (o == OUT_OK)
		o = imap_open(&server, &login, &f->imap, e);
	if (o != OUT_OK && net_class(e) == NET_C_AUTH)
		mailset_refused(f->set);
	mem_free(token);
	if (o != OUT_OK)
		return o;
	memset(&f->look, 0, sizeof(f->look));
	f->look.port = f->port;
	f->look.set = f->set;
	f->look.imap = f->imap;
	f->look.cancel = f->cancel;
	f->sweep_ms = 0;
	f->later_ms = 0;
	return OUT_OK;
}

/* Asked for by hand, or the daemon is another one: its ledger may be too. */
static void
everything(struct fetch *f)
{
	f->sweep_ms = 0;
	f->look.told = false;
	memset(&f->swept, 0, sizeof(f->swept));
}

/* One session, until it fails or we are stopped. *well_out: it worked. */
static enum outcome
session(struct fetch *f, bool *well_out, struct err *e)
{
	bool news = false;
	enum outcome o = connect_to(f, e);

	while (o == OUT_OK && !stopped(f)) {
		if (heed(f))
			everything(f);
		o = port_is_up(f->port) ? look_all(f, e)
					: err_code(e, OUT_TEMP, PORT_CODE,
						   "the daemon is away");
		if (o != OUT_OK && strcmp(e->code, PORT_CODE) == 0 &&
		    imap_alive(f->imap)) {
			o = do_chores(f, e);
			if (o == OUT_OK)
				o = wait_for_daemon(f, e);
			continue;
		}
		if (o == OUT_OK)
			o = do_chores(f, e);
		if (o != OUT_OK || stopped(f))
			break;
		*well_out = true;
		f->later_ms = 0;
		say_ok(f);
		if (f->look.open && !chores_wait(f))
			o = imap_idle_until(f->imap, idle_s(f), f->wake, &news,
					    e);
	}
	imap_close(&f->imap);
	return o;
}

/* Wait before the next connection, unless somebody wakes us. */
static void
back_off(struct fetch *f, int64_t ms)
{
	struct timespec t;
	int rc = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += (time_t)(ms / 1000);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	while (rc == 0) {
		put_off_chores(f);
		(void)pthread_mutex_lock(&f->lock);
		if (!f->stop && !f->now && !f->chores)
			rc = pthread_cond_timedwait(&f->changed, &f->lock, &t);
		if (f->stop || f->now)
			rc = -1;
		(void)pthread_mutex_unlock(&f->lock);
	}
}

static void
failing(struct fetch *f, const struct err *e)
{
	char text[STANDING_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "%.280s", e->text);
	standing_set(f->standing, STANDING_FAILING, text);
}

static void *
life(void *arg)
{
	struct fetch *f = arg;
	unsigned failures = 0;

	while (!stopped(f)) {
		int64_t began = clock_tick_ms();
		struct err e = { .text = "the session ended" };
		bool well = false, some;

		f->look.taken = 0;
		(void)session(f, &well, &e);
		if (stopped(f))
			break;
		/* one that worked and was cut is simply made again */
		some = well || f->look.taken > 0;
		if (some && clock_tick_ms() - began >= FLAP_MS)
			failures = 0;
		else if (some && failures >= FLAPS_MAX)
			failures = FLAPS_MAX - 1;
		failures++;
		if (!well)
			failing(f, &e);
		else
			log_info("mail.session", "'%s': %s", f->set->name,
				 e.text);
		back_off(f, pace_ms(failures, net_class(&e) == NET_C_AUTH));
	}
	put_off_chores(f);
	(void)pthread_mutex_lock(&f->lock);
	f->ended = true;
	(void)pthread_mutex_unlock(&f->lock);
	return NULL;
}
