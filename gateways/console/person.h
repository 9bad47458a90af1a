#ifndef POSTIGO_PERSON_H
#define POSTIGO_PERSON_H

/*
 * person: who is logged in. A cookie or an API token is opened once on the
 * bus (session.open) and its handle is kept while it is used; when the
 * daemon was away it is opened anew.
 *
 * Invariants: at most PEOPLE_MAX are known; a cookie is kept in memory only;
 * at most PERSON_WAITERS wait for one to be opened.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define PEOPLE_MAX 1024
#define PERSON_WAITERS 256
#define PERSON_ID 17                /* 16 digits and NUL */
#define PERSON_IDLE_MS (600 * 1000) /* without use the handle is given back */
#define PERSON_RATE 20              /* requests a second */
#define PERSON_BURST 100

struct console;
struct person;

struct people *people_new(struct console *c);
void people_free(struct people **pp);
/* No timers any more: the server is about to close. */
void people_stop(struct console *c);

/*
 * p is NULL if o is not OUT_OK: OUT_PERM (code "no_session") or OUT_TEMP.
 * p is borrowed until the callback returns; take a reference to keep it.
 */
typedef void person_fn(void *arg, struct person *p, enum outcome o,
		       const struct err *e);

/*
 * Open what a browser or a program showed. fn runs exactly once, perhaps
 * before this returns.
 *
 * secret  cookie or API token, copied
 * token   it is an API token
 */
void person_open(struct console *c, const char *secret, bool token,
		 person_fn *fn, void *arg);

/* The one with that public id, if its handle stands; NULL: none. */
struct person *person_by_id(struct console *c, const char *id);

struct person *person_ref(struct person *p);
void person_unref(struct person *p);

/* The handle for "as"; NULL: it does not stand now. */
const char *person_handle(const struct person *p);

/* Has its session ended for good? */
bool person_ended(const struct person *p);
const char *person_id(const struct person *p);
const json_t *person_agent(const struct person *p);

/* One request more: false if it is over PERSON_RATE. */
bool person_may(struct person *p);

/* Count WebSockets, which keep it open while it is idle. */
void person_hold(struct person *p);
void person_release(struct person *p);

/* End the session at the daemon too, and tell its WebSockets. */
void person_logout(struct console *c, struct person *p);

/* From the bus: session.ended; the daemon went; the daemon is back. */
void people_ended(struct console *c, const char *handle);
void people_down(struct console *c);
void people_up(struct console *c);

#endif
