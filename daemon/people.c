/*
 * people: a snapshot of the agents, and counters of failed tries.
 */

#include "daemon/people.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/ascii.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/desk.h"

/* A hash of 32 octets that nobody kept: an e-mail that nobody has is checked
 * against it, so that it takes as long as any other. */
static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$"
			     "LLm49UeXifQPYnZV9y/s7A$"
			     "4IzNp0+GaSdWLnjWurb/yDnbNvA24V49YJ2Vs7AzGAw";

/* Failures of one e-mail, or of one network. */
struct tries {
	unsigned char key[HASH_BYTES];
	int64_t failures;
	int64_t retry_ms; /* e-mail: no try before */
	int64_t since_ms; /* last failure; network: first of the window */
};

struct table {
	struct tries list[PEOPLE_TABLE_MAX];
	size_t n;
};

struct person {
	int64_t id;
	char *email;
	char hash[AGENT_HASH_MAX];
	bool active;
	struct tries tries;
};

struct people {
	pthread_mutex_t lock;
	struct person *list;
	size_t n;
	struct table strangers; /* e-mails that nobody has */
	struct table networks;
};

static struct person *
person_by_id(struct people *p, int64_t id)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].id == id)
			return &p->list[i];
	return NULL;
}

static struct person *
person_by_email(struct people *p, const char *email)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->list[i].email, email) == 0)
			return &p->list[i];
	return NULL;
}

static struct tries *
tries_find(struct table *t, const unsigned char *key)
{
	for (size_t i = 0; i < t->n; i++)
		if (memcmp(t->list[i].key, key, HASH_BYTES) == 0)
			return &t->list[i];
	return NULL;
}

/* The entry of a key; a full table gives up the one that was quiet longest. */
static struct tries *
tries_take(struct table *t, const unsigned char *key)
{
	struct tries *x = tries_find(t, key);

	if (x != NULL)
		return x;
	if (t->n < PEOPLE_TABLE_MAX) {
		x = &t->list[t->n++];
	} else {
		x = &t->list[0];
		for (size_t i = 1; i < t->n; i++)
			if (t->list[i].since_ms < x->since_ms)
				x = &t->list[i];
	}
	memset(x, 0, sizeof(*x));
	memcpy(x->key, key, HASH_BYTES);
	return x;
}

static int64_t
delay_ms(int64_t failures)
{
	int64_t over = failures - PEOPLE_FREE_TRIES;
	int64_t ms = PEOPLE_DELAY_MS;

	if (over < 0)
		return 0;
	while (over-- > 0 && ms < PEOPLE_DELAY_MS_MAX)
		ms *= 2;
	return ms < PEOPLE_DELAY_MS_MAX ? ms : PEOPLE_DELAY_MS_MAX;
}

static void
account_failed(struct tries *x, int64_t now_ms)
{
	if (now_ms - x->since_ms > PEOPLE_FORGET_MS)
		x->failures = 0;
	x->failures++;
	x->since_ms = now_ms;
	x->retry_ms = now_ms + delay_ms(x->failures);
}

static void
network_failed(struct tries *x, int64_t now_ms)
{
	if (now_ms - x->since_ms > PEOPLE_NETWORK_MS) {
		x->failures = 0;
		x->since_ms = now_ms;
	}
	x->failures++;
}

/* An IPv4 address, or the first half of an IPv6 one. */
static void
network_key(const char *network, unsigned char out[HASH_BYTES])
{
	unsigned char a[16];

	memset(out, 0, HASH_BYTES);
	if (inet_pton(AF_INET, network, a) == 1) {
		memcpy(out + 1, a, 4);
	} else if (inet_pton(AF_INET6, network, a) == 1) {
		bool mapped = IN6_IS_ADDR_V4MAPPED((struct in6_addr *)a);

		out[0] = mapped ? 0 : 6;
		memcpy(out + 1, mapped ? a + 12 : a, mapped ? 4 : 8);
	} else {
		hash_raw(network, strlen(network), out);
	}
}

/* --- the snapshot ---------------------------------------------------------- */

void
people_put(struct people *p, const struct agent_row *a)
{
	struct person *x;

	pthread_mutex_lock(&p->lock);
	x = person_by_id(p, a->id);
	if (x == NULL) {
		p->list = mem_resize(p->list, p->n + 1, sizeof(*p->list));
		x = &p->list[p->n++];
		memset(x, 0, sizeof(*x));
		x->id = a->id;
	}
	mem_free(x->email);
	x->email = mem_strdup(a->email);
	snprintf(x->hash, sizeof(x->hash), "%s", a->hash);
	x->active = a->active;
	x->tries.failures = a->failures;
	x->tries.retry_ms = a->retry_ms;
	x->tries.since_ms = a->retry_ms;
	pthread_mutex_unlock(&p->lock);
}

static void
people_each(void *arg, const struct agent_row *a)
{
	people_put(arg, a);
}

enum outcome
people_load(struct desk *d, struct store *s, struct err *e)
{
	struct people *p = mem_new(1, sizeof(*p));
	enum outcome o;

	pthread_mutex_init(&p->lock, NULL);
	o = agent_each(s, people_each, p, e);
	if (o != OUT_OK)
		people_free(&p);
	d->people = p;
	return o;
}

void
people_free(struct people **pp)
{
	struct people *p = *pp;

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		mem_free(p->list[i].email);
	mem_free(p->list);
	pthread_mutex_destroy(&p->lock);
	MEM_CLEAR(pp);
}

/* --- passwords --------------------------------------------------------------- */

enum outcome
password_hash(const char *password, char out[AGENT_HASH_MAX], struct err *e)
{
	_Static_assert(AGENT_HASH_MAX >= crypto_pwhash_STRBYTES,
		       "room for a hash");
	if (crypto_pwhash_str(out, password, strlen(password), PASSWORD_PASSES,
			      PASSWORD_MEMORY) != 0)
		return err_set(e, OUT_TEMP,
			       "could not hash a password: no memory");
	return OUT_OK;
}

/* Was it made with less memory or fewer passes than a new one would be? */
static bool
password_weak(const char *hash)
{
	unsigned long m = 0;
	unsigned long t = 0;

	if (sscanf(hash, "$argon2id$v=19$m=%lu,t=%lu,", &m, &t) != 2)
		return true;
	return m * 1024 < PASSWORD_MEMORY || t < PASSWORD_PASSES;
}

/* What people choose when twelve characters are asked for. */
static const char *const common[] = {
	"123456789012",   "1234567890123",    "12345678901234",
	"1234567890ab",   "administrador",    "administrator",
	"bienvenido123",  "changeme1234",     "contrasena123",
	"contraseña123",  "contraseñas123",   "iloveyou1234",
	"letmein12345",   "password1234",     "password12345",
	"password123456", "passwordpassword", "postigo12345",
	"postigopostigo", "qwerty123456",     "qwertyuiop12",
	"qwertyuiop123",  "qwertyuiopas",     "qwertyuiopasdfgh",
	"qwertyuiopasd",  "teamo1234567",     "welcome12345",
	"1q2w3e4r5t6y",   "abcdefghijkl",     "abcdefghijklm",
	"0123456789ab",   "111222333444",
};

static bool
one_thing_over_and_over(const char *p, size_t n)
{
	for (size_t period = 1; period <= 3; period++) {
		size_t i = period;

		while (i < n && p[i] == p[i - period])
			i++;
		if (i == n)
			return true;
	}
	return false;
}

enum outcome
password_check(const char *password, const char *email, struct err *e)
{
	size_t n = strlen(password);
	size_t chars = 0;
	bool bad;

	for (size_t i = 0; i < n; chars++) {
		size_t w = utf8_next(password + i, n - i, NULL);

		i += w > 0 ? w : 1;
	}
	if (chars < PASSWORD_MIN)
		return err_code(e, OUT_PERM, "bad_params",
				"'password' has fewer than %d characters",
				PASSWORD_MIN);
	bad = one_thing_over_and_over(password, n) ||
	      (email != NULL && strcasecmp(email, password) == 0);
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		bad = bad || strcasecmp(common[i], password) == 0;
	if (bad)
		return err_code(e, OUT_PERM, "bad_params",
				"'password' is one that many people use");
	return OUT_OK;
}

bool
people_email(const char *typed, char out[AGENT_EMAIL_MAX])
{
	size_t from = strspn(typed, " \t");
	size_t n = strlen(typed + from);
	const char *at;

	while (n > 0 &&
	       (typed[from + n - 1] == ' ' || typed[from + n - 1] == '\t'))
		n--;
	if (n < 3 || n >= AGENT_EMAIL_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)typed[from + i];

		if (c <= ' ' || c == 0x7f)
			return false;
		out[i] = ascii_lower((char)c);
	}
	out[n] = '\0';
	at = strchr(out, '@');
	return at != NULL && at != out && at[1] != '\0' &&
	       strchr(at + 1, '@') == NULL;
}

/* --- tries ------------------------------------------------------------------ */

/* One try under way. network is NULL for somebody who is logged in. */
struct attempt {
	int64_t agent_id; /* 0: nobody has that e-mail */
	bool active;
	unsigned char account[HASH_BYTES]; /* of the e-mail */
	unsigned char network[HASH_BYTES];
	bool has_network;
	int64_t now_ms;
};

/* Milliseconds to wait before the try may be made; 0: now. */
static int64_t
attempt_wait(struct people *p, const struct attempt *a, struct tries *account)
{
	struct tries *net =
		a->has_network ? tries_find(&p->networks, a->network) : NULL;
	int64_t wait = 0;

	if (account != NULL && account->failures >= PEOPLE_FREE_TRIES)
		wait = account->retry_ms - a->now_ms;
	if (wait > PEOPLE_DELAY_MS_MAX)
		wait = PEOPLE_DELAY_MS_MAX; /* the clock was set back */
	if (net != NULL && net->failures >= PEOPLE_NETWORK_TRIES) {
		int64_t left = net->since_ms + PEOPLE_NETWORK_MS - a->now_ms;

		if (left > wait)
			wait = left;
	}
	return wait > 0 ? wait : 0;
}

/* Count how it went. */
static void
attempt_count(struct people *p, const struct attempt *a, struct people_try *out)
{
	struct person *x = person_by_id(p, a->agent_id);
	struct tries *t =
		x != NULL ? &x->tries : tries_take(&p->strangers, a->account);

	if (out->good) {
		t->failures = 0;
		t->retry_ms = 0;
	} else {
		account_failed(t, a->now_ms);
		if (a->has_network)
			network_failed(tries_take(&p->networks, a->network),
				       a->now_ms);
	}
	out->failures = t->failures;
	out->retry_ms = t->retry_ms;
}

/* With p->lock held at first and at the end, not while hashing. */
static enum outcome
attempt(struct people *p, struct attempt *a, const struct person *x,
	const char *password, struct people_try *out, int64_t *retry_ms,
	struct err *e)
{
	struct tries *account = x != NULL
					? &person_by_id(p, x->id)->tries
					: tries_find(&p->strangers, a->account);
	bool same;
	bool unknown;

	memset(out, 0, sizeof(*out));
	*retry_ms = attempt_wait(p, a, account);
	if (*retry_ms > 0)
		return err_code(e, OUT_TEMP, "too_many",
				"too many tries: wait %lld s",
				(long long)(*retry_ms + 999) / 1000);
	a->agent_id = x != NULL ? x->id : 0;
	a->active = x != NULL && x->active;
	out->agent_id = a->agent_id;
	snprintf(out->hash, sizeof(out->hash), "%s",
		 x != NULL && x->hash[0] != '\0' ? x->hash : nobody);
	pthread_mutex_unlock(&p->lock);
	errno = 0;
	same = crypto_pwhash_str_verify(out->hash, password,
					strlen(password)) == 0;
	unknown = !same && errno == ENOMEM;
	out->good = same && a->active;
	if (out->good && password_weak(out->hash) &&
	    password_hash(password, out->better, e) != OUT_OK)
		out->better[0] = '\0';
	pthread_mutex_lock(&p->lock);
	/* that it could not be looked at is nobody's try */
	if (unknown)
		return err_code(e, OUT_TEMP, "busy",
				"could not check the password: out of memory");
	if (strcmp(out->hash, nobody) == 0)
		out->hash[0] = '\0';
	attempt_count(p, a, out);
	return OUT_OK;
}

enum outcome
people_try(struct people *p, const char *email, const char *password,
	   const char *network, int64_t now_ms, struct people_try *out,
	   int64_t *retry_ms, struct err *e)
{
	struct attempt a = { .now_ms = now_ms, .has_network = true };
	char folded[AGENT_EMAIL_MAX] = "";
	const char *who = people_email(email, folded) ? folded : email;
	enum outcome o;

	hash_raw(who, strlen(who), a.account);
	network_key(network, a.network);
	pthread_mutex_lock(&p->lock);
	o = attempt(p, &a, person_by_email(p, who), password, out, retry_ms, e);
	pthread_mutex_unlock(&p->lock);
	return o;
}

enum outcome
people_try_again(struct people *p, int64_t agent_id, const char *password,
		 int64_t now_ms, struct people_try *out, int64_t *retry_ms,
		 struct err *e)
{
	struct attempt a = { .now_ms = now_ms };
	enum outcome o;

	hash_raw(&agent_id, sizeof(agent_id), a.account);
	pthread_mutex_lock(&p->lock);
	o = attempt(p, &a, person_by_id(p, agent_id), password, out, retry_ms,
		    e);
	pthread_mutex_unlock(&p->lock);
	return o;
}
