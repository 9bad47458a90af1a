#ifndef POSTIGO_HANDLE_H
#define POSTIGO_HANDLE_H

/*
 * handle: the persons and visitors for whom one connection may speak. A
 * handle's name has no meaning on another connection. A visitor's is found by
 * the visitor and by the incident too, without looking at the others.
 *
 * Not here: locking. A peer's handles are guarded by the peer's lock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/hash.h"
#include "daemon/wire/method.h"

#define HANDLES_MAX 4096           /* of staff, on one connection */
#define HANDLES_VISITORS_MAX 10000 /* of visitors, on one connection */
#define HANDLE_NAME 32
#define TYPING_MS 1000 /* a handle tells that it types at most this often */

/* By what a visitor's handles are found. */
enum handle_key {
	HANDLE_BY_VISITOR,
	HANDLE_BY_INCIDENT,
	HANDLE_KEYS
};

struct handle {
	bool used;
	bool live;      /* its reply has left */
	bool fades;     /* ends without use (a cookie's; not a token's) */
	bool typing;    /* others were told so last */
	unsigned turns; /* how often the place was given away */
	enum actor actor;
	enum staff staff;          /* staff */
	int64_t agent_id;          /* staff */
	char session[HASH_HEX];    /* staff */
	int64_t key[HANDLE_KEYS];  /* visitor, incident; 0: none */
	int32_t next[HANDLE_KEYS]; /* place of the next one there; -1: none */
	char *name;                /* shown to the others; owned */
	int64_t expires_ms;        /* 0: never */
	int64_t idle_ms;           /* visitors: unused so long, it ends */
	int64_t used_ms;
	int64_t touched_ms;      /* when the store was last told of its use */
	int64_t typed_ms;        /* when others were told that it types */
	int64_t typing_incident; /* where */
};

struct handles {
	struct handle *list;
	size_t cap;
	size_t n;                    /* in use */
	size_t hint;                 /* no free place below */
	size_t max;                  /* 0: HANDLES_MAX */
	int32_t *heads[HANDLE_KEYS]; /* chains of places, cap of them */
	size_t visitors;             /* in use and a visitor's */
};

/* A new one, not live; NULL: max are in use. The name is written. */
struct handle *handle_new(struct handles *hs, char name_out[HANDLE_NAME]);

/* By name; NULL: none (any more). */
struct handle *handle_find(struct handles *hs, const char *name);

/* The name of a handle in use. */
void handle_name(const struct handles *hs, const struct handle *h,
		 char out[HANDLE_NAME]);

void handle_drop(struct handles *hs, struct handle *h);

/* Make it a visitor's, or give the visitor another incident (0: none). */
void handle_bind(struct handles *hs, struct handle *h, int64_t visitor_id,
		 int64_t incident_id);

/* The handles of a visitor or of an incident, in no order; NULL: no more. id
 * is not 0. */
struct handle *handle_first(struct handles *hs, enum handle_key by, int64_t id);
struct handle *handle_next(struct handles *hs, const struct handle *h,
			   enum handle_key by);

/* Is it over: expired, or unused for ENGINE_IDLE_MS or its own idle_ms? */
bool handle_over(const struct handle *h, int64_t now_ms);

/*
 * May others be told now that it types in an incident, or no longer does? If
 * so, it is noted.
 */
bool handle_types(struct handle *h, int64_t incident_id, bool on,
		  int64_t now_ms);

void handles_release(struct handles *hs);

#endif
