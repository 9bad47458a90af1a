#ifndef POSTIGO_SHOP_RUN_H
#define POSTIGO_SHOP_RUN_H

/*
 * run: one reading of a shop: where its mark is, one request after the other,
 * what each answer says to the daemon, the mark moved on, the end. How it is
 * divided into requests its pull knows (pull.h).
 *
 * Source: schema/PROTOCOL.md, "shop.cursor"; reconcile.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct http_client;
struct lanes;
struct run;
struct shop;

/* What all of them share. Borrowed. */
struct run_ways {
	struct http_client *client;
	struct lanes *lanes;
};

/* How one ended. */
struct run_end {
	enum outcome outcome; /* OUT_TEMP: later; OUT_PERM: somebody has to
				 change something */
	struct err err;
	bool first;           /* the shop had not been read to its end before */
	bool more;            /* its ceiling was reached: go on at once */
	size_t changed;       /* orders of which it told something new */
	int64_t seen_hook_ms; /* the newest webhook that is known; 0: none */
};

/* k is held until the end. */
struct run *run_new(const struct run_ways *ways, struct shop *k);
/* At any time, after the client and the lanes if it has not ended. */
void run_free(struct run **r);

/* Do what can be done now. leaving: no more requests. */
void run_step(struct run *r, bool leaving);
/* Milliseconds until run_step() has something to do; -1: nothing but an
 * answer. */
int run_wait_ms(const struct run *r);
/* NULL: it goes on. */
const struct run_end *run_ended(const struct run *r);

#endif
