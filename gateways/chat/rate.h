#ifndef POSTIGO_CHAT_RATE_H
#define POSTIGO_CHAT_RATE_H

/*
 * rate: how much a visitor or a network may do. Time comes in as a
 * parameter, in milliseconds that never go back (clock_tick_ms()).
 *
 * Invariants: at most NETWORKS_MAX networks are known; one that holds a
 * socket is never forgotten; one without is forgotten an hour after its last
 * start at the earliest, unless its place is needed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORKS_MAX 8192
#define NETWORK_SOCKETS 50      /* WebSockets at once */
#define NETWORK_CHATS 10        /* open chats at which none may begin */
#define NETWORK_STARTS_MINUTE 5 /* chats begun */
#define NETWORK_STARTS_HOUR 20
#define NETWORK_PAGES 40     /* pages of orders in a row */
#define NETWORK_PAGE_MS 3000 /* after which one more may be opened */

/* A bucket that fills at a steady rate. Zeroed: full. */
struct bucket {
	int64_t spent_tick; /* when all that was taken has come back; 0: now */
};

/*
 * Take one of `burst`, of which one comes back each every_ms.
 * 0: taken; else the milliseconds after which one will be there.
 */
int64_t bucket_take(struct bucket *b, int64_t every_ms, int burst,
		    int64_t tick);

/* Where somebody comes from: an IPv4 address, or 64 bits of an IPv6 one. */
struct network {
	unsigned char key[16];
	bool exempt;
	size_t sockets;
	size_t chats;
	int64_t starts[NETWORK_STARTS_HOUR]; /* ticks, a ring; 0: none */
	unsigned next_start;
	struct bucket pages;
	int64_t used_tick;
	struct network *next; /* of its bucket */
};

struct networks;

/* exempt: "ADDR" or "ADDR/BITS" each; loopback always is. NULL: one of them
 * is no address. */
struct networks *networks_new(const char *const *exempt, size_t count);
void networks_free(struct networks **n);

/*
 * The network of an address (IPv4 or IPv6 text; anything else is one
 * network of its own). NULL: NETWORKS_MAX hold sockets. Borrowed; valid
 * until the next call, or as long as it holds a socket.
 */
struct network *networks_find(struct networks *n, const char *address,
			      int64_t tick);

/* As text: an IPv4 address, or the front half of an IPv6 one. */
#define NETWORK_TEXT 64
void network_text(const struct network *w, char out[NETWORK_TEXT]);

/* A socket came or went. join gives false when the network has too many. */
bool network_join(struct network *w);
void network_leave(struct network *w);

/*
 * May a chat be begun now? 0: yes, and it is counted; else the milliseconds
 * until one may, or NETWORK_WAIT_MS when it depends on others that are open.
 */
#define NETWORK_WAIT_MS 60000
int64_t network_start(struct network *w, int64_t tick);

/* May the page of an order be opened now? 0: yes, and it is counted; else the
 * milliseconds until one may. */
int64_t network_page(struct network *w, int64_t tick);

#endif
