#include "gateways/chat/rate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"

#define BUCKETS 1024
#define EXEMPT_MAX 64
#define MINUTE_MS 60000
#define HOUR_MS 3600000

struct range {
	unsigned char at[16];
	unsigned bits;
};

struct networks {
	struct network *buckets[BUCKETS];
	size_t count;
	struct range exempt[EXEMPT_MAX];
	size_t exempt_count;
};

int64_t
bucket_take(struct bucket *b, int64_t every_ms, int burst, int64_t tick)
{
	int64_t from = b->spent_tick > tick ? b->spent_tick : tick;
	int64_t late = from + every_ms - (tick + every_ms * burst);

	if (late > 0)
		return late;
	b->spent_tick = from + every_ms;
	return 0;
}

/* --- addresses: IPv4 as ::ffff:a.b.c.d ----------------------------------- */

static bool
parse(const char *text, unsigned char at[16])
{
	static const unsigned char v4[12] = { 0, 0, 0, 0, 0,    0,
					      0, 0, 0, 0, 0xff, 0xff };

	memcpy(at, v4, sizeof v4);
	if (inet_pton(AF_INET, text, at + 12) == 1)
		return true;
	if (inet_pton(AF_INET6, text, at) == 1)
		return true;
	memset(at, 0, 16);
	return false;
}

static bool
within(const struct range *r, const unsigned char at[16])
{
	unsigned whole = r->bits / 8;
	unsigned rest = r->bits % 8;
	unsigned mask = (0xffU << (8 - rest)) & 0xffU;

	if (memcmp(r->at, at, whole) != 0)
		return false;
	return rest == 0 || ((r->at[whole] ^ at[whole]) & mask) == 0;
}

static bool
add_range(struct networks *n, const char *text)
{
	const char *slash = strchr(text, '/');
	char *host = slash == NULL ? mem_strdup(text)
				   : mem_strndup(text, (size_t)(slash - text));
	unsigned width = strchr(host, ':') != NULL ? 128 : 32;
	long bits = slash == NULL ? (long)width : strtol(slash + 1, NULL, 10);
	struct range *r = &n->exempt[n->exempt_count];
	bool good = n->exempt_count < EXEMPT_MAX && parse(host, r->at) &&
		    bits > 0 && bits <= (long)width;

	mem_free(host);
	if (!good)
		return false;
	r->bits = (unsigned)bits + (128 - width);
	n->exempt_count++;
	return true;
}

struct networks *
networks_new(const char *const *exempt, size_t count)
{
	struct networks *n = mem_new(1, sizeof *n);
	bool good = add_range(n, "127.0.0.0/8") && add_range(n, "::1");
	size_t i;

	for (i = 0; good && i < count; i++)
		good = add_range(n, exempt[i]);
	if (!good)
		networks_free(&n);
	return n;
}

void
networks_free(struct networks **np)
{
	size_t i;

	if (*np == NULL)
		return;
	for (i = 0; i < BUCKETS; i++) {
		while ((*np)->buckets[i] != NULL) {
			struct network *w = (*np)->buckets[i];

			(*np)->buckets[i] = w->next;
			mem_free(w);
		}
	}
	MEM_CLEAR(np);
}

/* --- networks ------------------------------------------------------------ */

static size_t
bucket_of(const unsigned char key[16])
{
	uint32_t h = 2166136261U;
	size_t i;

	for (i = 0; i < 16; i++)
		h = (h ^ key[i]) * 16777619U;
	return h % BUCKETS;
}

static bool
is_exempt(const struct networks *n, const unsigned char at[16])
{
	size_t i;

	for (i = 0; i < n->exempt_count; i++)
		if (within(&n->exempt[i], at))
			return true;
	return false;
}

/* Forget those that nobody uses: all that are old, or else the oldest. */
static void
sweep(struct networks *n, int64_t tick)
{
	struct network **oldest = NULL;
	size_t before = n->count;
	struct network *gone;
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		struct network **at = &n->buckets[i];

		while (*at != NULL) {
			struct network *w = *at;

			if (w->sockets == 0 && w->chats == 0 &&
			    tick - w->used_tick > HOUR_MS) {
				*at = w->next;
				mem_free(w);
				n->count--;
				continue;
			}
			if (w->sockets == 0 && w->chats == 0 &&
			    (oldest == NULL ||
			     w->used_tick < (*oldest)->used_tick))
				oldest = at;
			at = &w->next;
		}
	}
	if (n->count < before || oldest == NULL)
		return;
	gone = *oldest;
	*oldest = gone->next;
	mem_free(gone);
	n->count--;
}

struct network *
networks_find(struct networks *n, const char *address, int64_t tick)
{
	static const unsigned char v4[12] = { 0, 0, 0, 0, 0,    0,
					      0, 0, 0, 0, 0xff, 0xff };
	unsigned char key[16];
	struct network *w;
	bool exempt;
	size_t at;

	(void)parse(address, key);
	exempt = is_exempt(n, key);
	if (!exempt && memcmp(key, v4, sizeof v4) != 0)
		memset(key + 8, 0, 8);
	at = bucket_of(key);
	for (w = n->buckets[at]; w != NULL; w = w->next)
		if (memcmp(w->key, key, sizeof key) == 0)
			break;
	if (w == NULL) {
		if (n->count >= NETWORKS_MAX)
			sweep(n, tick);
		if (n->count >= NETWORKS_MAX)
			return NULL;
		w = mem_new(1, sizeof *w);
		memcpy(w->key, key, sizeof key);
		w->exempt = exempt;
		w->next = n->buckets[at];
		n->buckets[at] = w;
		n->count++;
	}
	w->used_tick = tick;
	return w;
}

void
network_text(const struct network *w, char out[NETWORK_TEXT])
{
	static const unsigned char v4[12] = { 0, 0, 0, 0, 0,    0,
					      0, 0, 0, 0, 0xff, 0xff };
	bool four = memcmp(w->key, v4, sizeof v4) == 0;

	if (inet_ntop(four ? AF_INET : AF_INET6, w->key + (four ? 12 : 0), out,
		      NETWORK_TEXT) == NULL)
		out[0] = '\0';
}

bool
network_join(struct network *w)
{
	if (!w->exempt && w->sockets >= NETWORK_SOCKETS)
		return false;
	w->sockets++;
	return true;
}

void
network_leave(struct network *w)
{
	w->sockets--;
}

int64_t
network_start(struct network *w, int64_t tick)
{
	int64_t oldest = w->starts[w->next_start];
	int64_t fifth;

	if (w->exempt)
		return 0;
	if (w->chats >= NETWORK_CHATS)
		return NETWORK_WAIT_MS;
	if (oldest != 0 && tick - oldest < HOUR_MS)
		return HOUR_MS - (tick - oldest);
	fifth = w->starts[(w->next_start + NETWORK_STARTS_HOUR -
			   NETWORK_STARTS_MINUTE) %
			  NETWORK_STARTS_HOUR];
	if (fifth != 0 && tick - fifth < MINUTE_MS)
		return MINUTE_MS - (tick - fifth);
	w->starts[w->next_start] = tick != 0 ? tick : 1;
	w->next_start = (w->next_start + 1) % NETWORK_STARTS_HOUR;
	w->used_tick = tick;
	return 0;
}

int64_t
network_page(struct network *w, int64_t tick)
{
	return w->exempt ? 0
			 : bucket_take(&w->pages, NETWORK_PAGE_MS,
				       NETWORK_PAGES, tick);
}
