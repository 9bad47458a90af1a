#include "gateways/whatsapp/receive.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/server.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/put.h"
#include "gateways/whatsapp/refused.h"
#include "gateways/whatsapp/signature.h"

#define PATH "/whatsapp/"
#define CHALLENGE_MAX 256 /* octets of the handshake's word */
#define LOOK_MS 500       /* between two looks at what is slow */
#define YOUNG_MS 1000     /* a body is not cut for another one before */
#define RETRY_S 5
#define PLAIN "text/plain; charset=utf-8"

/* A delivery under way: first it is read, then it is stored. */
struct delivery {
	struct receive *r;
	struct delivery *next;
	struct delivery **prev;
	struct hit *hit; /* NULL: it was answered */
	char phone[ACCOUNT_ID_MAX + 1];
	unsigned char mac[HASH_BYTES];
	struct buf body;
	bool storing;
	int64_t tick;   /* when it began to be read, or stored */
	int64_t may_ms; /* how long that may take */
};

struct receive {
	const struct accounts *accounts;
	struct puts *puts;
	struct bus *bus;
	struct timer *timer;
	bool looking;
	struct delivery *first; /* the newest */
	size_t count;
	size_t held; /* octets of all bodies */
	struct refused *refused;
	bool leaving;
};

static void look(void *arg);

struct receive *
receive_new(struct server *s, struct bus *bus, const struct accounts *accounts)
{
	struct receive *r = mem_new(1, sizeof *r);

	r->bus = bus;
	r->accounts = accounts;
	r->puts = puts_new(bus);
	r->refused = refused_new(bus);
	r->timer = timer_new(s, look, r);
	return r;
}

void
receive_stop(struct receive *r)
{
	if (r != NULL)
		timer_free(&r->timer);
}

void
receive_leave(struct receive *r)
{
	r->leaving = true;
}

size_t
receive_busy(const struct receive *r)
{
	return r->count;
}

/* --- answers --------------------------------------------------------------- */

static void
answer(struct hit *h, int status, const char *text)
{
	hit_set(h, "x-content-type-options", "nosniff");
	hit_set(h, "cache-control", "no-store");
	if (status == 503)
		hit_setf(h, "retry-after", "%d", RETRY_S);
	if (status == 405)
		hit_set(h, "allow", "GET, POST");
	hit_send(h, status, text != NULL ? PLAIN : NULL, text,
		 text != NULL ? strlen(text) : 0);
}

/* Nothing of it is kept but that it was. */
static void
refuse(struct receive *r, struct hit *h, int status, enum refused_why why,
       const char *phone)
{
	refused_note(r->refused, why, accounts_by_phone(r->accounts, phone));
	/* Of a body that was refused nothing more is read. */
	if (status != 503 || why == REFUSED_BUSY)
		hit_hangup(h);
	answer(h, status, NULL);
}

/* --- deliveries under way --------------------------------------------------- */

static void
delivery_free(struct delivery *d)
{
	struct receive *r = d->r;

	*d->prev = d->next;
	if (d->next != NULL)
		d->next->prev = d->prev;
	r->count--;
	r->held -= d->body.len;
	if (d->hit != NULL) {
		hit_stream(d->hit, NULL, NULL);
		hit_unref(d->hit);
	}
	buf_release(&d->body);
	mem_free(d);
}

void
receive_free(struct receive **r)
{
	if (*r == NULL)
		return;
	while ((*r)->first != NULL)
		delivery_free((*r)->first);
	puts_free(&(*r)->puts);
	refused_free(&(*r)->refused);
	MEM_CLEAR(r);
}

/* Answer it, once; it may live on until the daemon has answered. */
static void
delivery_answer(struct delivery *d, int status, enum refused_why why)
{
	struct hit *h = d->hit;

	if (h == NULL)
		return;
	d->hit = NULL;
	hit_stream(h, NULL, NULL);
	if (hit_alive(h) && status == 200)
		answer(h, 200, NULL);
	else if (hit_alive(h))
		refuse(d->r, h, status, why, d->phone);
	hit_unref(h);
}

static void
stored(void *arg, enum outcome o, const struct err *e, int64_t retry_after_ms)
{
	struct delivery *d = arg;

	(void)retry_after_ms;
	if (o == OUT_PERM)
		log_error("whatsapp.refused", "%s", e->text);
	delivery_answer(d, o == OUT_OK ? 200 : 503, REFUSED_AWAY);
	delivery_free(d);
}

static void
store(struct delivery *d, const struct account *k)
{
	struct err e;

	d->storing = true;
	d->tick = clock_tick_ms();
	d->may_ms = RECEIVE_STORE_MS;
	if (puts_put(d->r->puts, k->name, d->body.data, d->body.len,
		     clock_now_ms(), stored, d, &e) == OUT_OK)
		return;
	delivery_answer(d, 503, REFUSED_AWAY);
	delivery_free(d);
}

/* The body is whole. The account is looked up again: it may have changed
 * meanwhile. */
static void
judge(struct delivery *d)
{
	struct account *k = accounts_by_phone(d->r->accounts, d->phone);

	if (k == NULL ||
	    !signature_good((const char *const *)k->secrets, ACCOUNT_SECRETS,
			    buf_str(&d->body), d->body.len, d->mac)) {
		delivery_answer(d, 401, REFUSED_UNSIGNED);
		delivery_free(d);
		return;
	}
	store(d, k);
}

/* --- what is slow, and who makes room ---------------------------------------- */

/* One that is too slow: it is cut, or no longer waited for. */
static void
too_slow(struct delivery *d)
{
	if (d->storing) {
		delivery_answer(d, 503, REFUSED_AWAY);
		return;
	}
	delivery_answer(d, 408, REFUSED_SLOW);
	delivery_free(d);
}

static void
look(void *arg)
{
	struct receive *r = arg;
	int64_t now = clock_tick_ms();
	struct delivery *next;
	struct delivery *d;

	for (d = r->first; d != NULL; d = next) {
		next = d->next;
		if (now - d->tick >= d->may_ms)
			too_slow(d);
	}
	r->looking = r->first != NULL;
	if (r->looking)
		timer_set(r->timer, LOOK_MS);
}

/* Cut the oldest one that is still being read, for another one's sake.
 * false: none is old enough. */
static bool
make_room(struct receive *r, const struct delivery *but)
{
	int64_t now = clock_tick_ms();
	struct delivery *oldest = NULL;
	struct delivery *d;

	for (d = r->first; d != NULL; d = d->next)
		if (!d->storing && d != but && now - d->tick >= YOUNG_MS)
			oldest = d;
	if (oldest == NULL)
		return false;
	delivery_answer(oldest, 503, REFUSED_BUSY);
	delivery_free(oldest);
	return true;
}

static void
part(void *arg, struct hit *h, const char *p, size_t n)
{
	struct delivery *d = arg;
	struct receive *r = d->r;

	if (p == NULL && !hit_alive(h)) {
		delivery_free(d);
		return;
	}
	if (p == NULL) {
		judge(d);
		return;
	}
	while (r->held + n > RECEIVE_HELD_BYTES && make_room(r, d))
		;
	if (r->held + n > RECEIVE_HELD_BYTES || !buf_add(&d->body, p, n)) {
		delivery_answer(d, 503, REFUSED_BUSY);
		delivery_free(d);
		return;
	}
	r->held += n;
}

static void
delivery_begin(struct receive *r, struct hit *h, const char *phone,
	       const unsigned char mac[HASH_BYTES])
{
	struct delivery *d = mem_new(1, sizeof *d);

	d->r = r;
	d->hit = hit_ref(h);
	memcpy(d->phone, phone, strlen(phone));
	memcpy(d->mac, mac, HASH_BYTES);
	buf_init(&d->body, RECEIVE_BYTES);
	d->tick = clock_tick_ms();
	d->may_ms = RECEIVE_READ_MS +
		    hit_length(h) * 1000 / (int64_t)RECEIVE_READ_BYTES_S;
	d->next = r->first;
	d->prev = &r->first;
	if (d->next != NULL)
		d->next->prev = &d->next;
	r->first = d;
	r->count++;
	if (!r->looking) {
		r->looking = true;
		timer_set(r->timer, LOOK_MS);
	}
	if (hit_length(h) == 0)
		judge(d);
	else
		hit_stream(h, part, d);
}

/* --- requests ---------------------------------------------------------------- */

static void
deliver(struct receive *r, struct hit *h, const struct account *k)
{
	const char *phone = k->phone_number_id;
	unsigned char mac[HASH_BYTES];

	if (hit_length(h) > (int64_t)RECEIVE_BYTES)
		refuse(r, h, 413, REFUSED_LARGE, phone);
	else if (!signature_read(hit_header(h, "x-hub-signature-256"), mac))
		refuse(r, h, 401, REFUSED_UNSIGNED, phone);
	else if (r->leaving || (r->count >= RECEIVE_MAX && !make_room(r, NULL)))
		refuse(r, h, 503, REFUSED_BUSY, phone);
	else
		delivery_begin(r, h, phone, mac);
}

/* The word comes from whoever asks: it goes back as plain text. */
static void
handshake(struct receive *r, struct hit *h, struct account *k)
{
	const char *mode = hit_arg(h, "hub.mode");
	const char *word = hit_arg(h, "hub.challenge");

	if (mode == NULL || strcmp(mode, "subscribe") != 0 || word == NULL ||
	    word[0] == '\0' || strlen(word) > CHALLENGE_MAX ||
	    !signature_word(k->verify_token, hit_arg(h, "hub.verify_token"))) {
		refused_note(r->refused, REFUSED_HANDSHAKE, k);
		answer(h, 403, NULL);
		return;
	}
	log_info("whatsapp.handshake", "the webhook of '%s' was verified",
		 k->name);
	answer(h, 200, word);
}

static void
number_hit(struct receive *r, struct hit *h, const char *phone)
{
	struct account *k = accounts_by_phone(r->accounts, phone);
	const char *method = hit_method(h);

	if (k == NULL) {
		hit_hangup(h);
		answer(h, accounts_known(r->accounts) ? 404 : 503, NULL);
	} else if (strcmp(method, "GET") == 0) {
		handshake(r, h, k);
	} else if (strcmp(method, "POST") == 0) {
		deliver(r, h, k);
	} else {
		hit_hangup(h);
		answer(h, 405, NULL);
	}
}

void
receive_hit(void *arg, struct hit *h)
{
	struct receive *r = arg;
	const char *path = hit_path(h);
	bool get = strcmp(hit_method(h), "GET") == 0;
	bool ready = bus_up(r->bus) && accounts_known(r->accounts);

	if (strncmp(path, PATH, strlen(PATH)) == 0) {
		number_hit(r, h, path + strlen(PATH));
	} else if (get && strcmp(path, "/healthz") == 0) {
		answer(h, 200, "ok\n");
	} else if (get && strcmp(path, "/readyz") == 0) {
		answer(h, ready ? 200 : 503,
		       ready ? "ready\n" : "the daemon is not there\n");
	} else {
		hit_hangup(h);
		answer(h, 404, NULL);
	}
}
