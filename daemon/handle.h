#ifndef POSTIGO_HANDLE_H
#define POSTIGO_HANDLE_H

/*
 * handle: the persons for whom one connection may speak. A handle's name has
 * no meaning on another connection.
 *
 * Not here: locking. A peer's handles are guarded by the peer's lock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/hash.h"
#include "daemon/wire/method.h"

#define HANDLES_MAX 4096
#define HANDLE_NAME 32

struct handle {
	bool used;
	bool live;      /* its reply has left */
	bool fades;     /* ends without use (a cookie's; not a token's) */
	unsigned turns; /* how often the place was given away */
	int64_t agent_id;
	enum staff staff;
	char session[HASH_HEX];
	int64_t expires_ms; /* 0: never */
	int64_t used_ms;
	int64_t touched_ms; /* when the store was last told of its use */
};

struct handles {
	struct handle *list;
	size_t cap;
	size_t n;    /* in use */
	size_t hint; /* no free place below */
};

/* A new one, not live; NULL: HANDLES_MAX are in use. The name is written. */
struct handle *handle_new(struct handles *hs, char name_out[HANDLE_NAME]);

/* By name; NULL: none (any more). */
struct handle *handle_find(struct handles *hs, const char *name);

/* The name of a handle in use. */
void handle_name(const struct handles *hs, const struct handle *h,
		 char out[HANDLE_NAME]);

void handle_drop(struct handles *hs, struct handle *h);

/* Is it over: expired, or unused for ENGINE_IDLE_MS? */
bool handle_over(const struct handle *h, int64_t now_ms);

void handles_release(struct handles *hs);

#endif
