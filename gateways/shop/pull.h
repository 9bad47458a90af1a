#ifndef POSTIGO_SHOP_PULL_H
#define POSTIGO_SHOP_PULL_H

/*
 * pull: the seam of the pulls: which requests a shop's API is asked for what
 * changed since an instant, and what its answers say. Pure: whoever pulls
 * (reconcile.c) makes the requests, one after the other, waits where it is
 * told to, and keeps how far it is.
 *
 * A run is an object of JSON that belongs to the kind: its page, its cursor,
 * what is still to be joined. It begins as {} and lives in memory alone: a run
 * that was cut begins anew at the mark.
 *
 * Invariant: facts come in the order of the source's own time of change, so
 * that after each answer everything until `until` has been told.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "gateways/shop/read.h"

#define PULL_URL_MAX 2048
#define PULL_HEADERS_MAX 6

/* A connection, as the pulls need it. Borrowed; texts are never NULL. */
struct pull_shop {
	const json_t *settings;
	const json_t *secrets;
	struct read_about about;
};

/* One request. Texts are the taker's. */
struct pull_ask {
	char *url;
	char *header[PULL_HEADERS_MAX + 1]; /* "Name: value", NULL at the end */
	char *body;                         /* NULL: GET; else it is posted */
};

/* One answer; borrowed. */
struct pull_answer {
	long status;
	const char *body;
	size_t n;
	/* a header of it, or NULL */
	const char *(*header)(const void *arg, const char *name);
	const void *header_arg;
};

/* What an answer says. */
struct pull_told {
	json_t *facts;    /* new array */
	int64_t until_ms; /* the newest instant of change in it; 0: none */
	int64_t rest_ms;  /* the shop wants so long a pause */
	bool again;       /* it was no answer: ask the same after the rest */
};

struct pull {
	const char *kind; /* of the connection */
	/* The next request of a run. false: it has ended. */
	bool (*next)(const struct pull_shop *shop, json_t *run,
		     int64_t since_ms, struct pull_ask *ask);
	/*
	 * OUT_OK    told is filled, and run moved on, unless told->again
	 * OUT_TEMP  not now: the run ends, a later one begins at the mark
	 * OUT_PERM  it will not work before somebody changes something; code:
	 *           "auth", "refused", "not_understood"
	 */
	enum outcome (*answer)(const struct pull_shop *shop, json_t *run,
			       const struct pull_answer *a,
			       struct pull_told *told, struct err *e);
};

extern const struct pull pull_woo;
extern const struct pull pull_shopify;
extern const struct pull pull_prestashop;
extern const struct pull pull_magento;

#endif
