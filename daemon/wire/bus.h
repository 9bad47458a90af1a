#ifndef POSTIGO_BUS_H
#define POSTIGO_BUS_H

/*
 * bus: a gateway's end of the bus. One connection to postigod: connect,
 * hello, calls with callbacks, notifications, reconnecting with back-off.
 * It never blocks but in bus_ask(); the caller's loop watches bus_fd().
 *
 * Not here: keeping what was not answered. A call that is lost with the
 * connection ends with OUT_UNSURE; its caller asks again after reconnecting,
 * which is harmless (schema/PROTOCOL.md, "Repeats").
 *
 * Invariants: at most BUS_CALLS_MAX calls wait; each callback runs exactly
 * once; callbacks may call bus_call, but neither bus_ask, bus_step nor bus_free.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define BUS_CALLS_MAX 1024
#define BUS_RETRY_MS_MAX 5000 /* longest back-off between connects */

struct bus;

/* How a call ended. */
struct bus_reply {
	enum outcome outcome;
	json_t *result; /* OUT_OK: borrowed until the callback returns */
	/* OUT_OK of bus_call_text(): the result as it came, instead */
	const char *text;
	size_t text_len;
	int64_t number; /* event number that the result has seen; 0: none */
	struct err err; /* else: text and code */
	json_t *data;   /* else: "data" of the error, or NULL; borrowed */
	int64_t retry_after_ms; /* 0: not said */
};

typedef void bus_reply_fn(void *arg, const struct bus_reply *r);

struct bus_hooks {
	/* A notification came. params are borrowed. May be NULL. */
	void (*note)(void *arg, const char *method, json_t *params);
	/* hello was answered (up) or the connection was lost. May be NULL. */
	void (*state)(void *arg, bool up);
	/* bus_fd() or bus_wants_write() changed: watch anew. May be NULL. */
	void (*watch)(void *arg);
	void *arg;
};

/*
 * Make a bus to a socket; nothing is connected yet.
 * path     of the Unix socket, copied
 * program  static, said in hello
 */
struct bus *bus_new(const char *path, const char *program,
		    const struct bus_hooks *hooks);
void bus_free(struct bus **b);

/* The descriptor to poll for reading, -1 while not connected. */
int bus_fd(const struct bus *b);
/* Does it also wait to write? */
bool bus_wants_write(const struct bus *b);
/* hello was answered and the connection stands. */
bool bus_up(const struct bus *b);

/*
 * Do what can be done without blocking: connect when it is time, read,
 * write, run callbacks. Call it when bus_fd() is ready and at least every
 * bus_wait_ms().
 *
 * OUT_OK    go on
 * OUT_TEMP  not connected now; it will try again
 * OUT_PERM  the daemon refused this program's protocol: exit, be restarted
 */
enum outcome bus_step(struct bus *b, struct err *e) MUST_CHECK;

/* Milliseconds until bus_step() has something to do; -1: only when ready. */
int bus_wait_ms(const struct bus *b);

/*
 * Send a request. fn runs later, from bus_step(), exactly once.
 *
 * params  taken (a new reference, or NULL for none)
 * as      handle of a session, or NULL
 * key     command key (at most 64 characters of [A-Za-z0-9_.:-]), or NULL
 *
 * OUT_OK    fn will be called
 * OUT_TEMP  not connected, or BUS_CALLS_MAX wait: fn is not called
 * OUT_PERM  the request does not fit a frame: fn is not called
 */
enum outcome bus_call(struct bus *b, const char *method, json_t *params,
		      const char *as, const char *key, bus_reply_fn *fn,
		      void *arg, struct err *e) MUST_CHECK;

/*
 * As bus_call(), for whoever hands the result on as it is: it is not parsed,
 * and comes as octets of JSON that live until fn returns.
 */
enum outcome bus_call_text(struct bus *b, const char *method, json_t *params,
			   const char *as, const char *key, bus_reply_fn *fn,
			   void *arg, struct err *e) MUST_CHECK;

/*
 * Ask and wait, running other callbacks meanwhile. For programs that have
 * no loop of their own. Connects first if need be (within timeout_ms).
 *
 * params      taken
 * result_out  new reference on OUT_OK; may be NULL if it is not wanted
 * data_out    new reference of the error's data or NULL; may be NULL
 *
 * OUT_OK      answered
 * OUT_TEMP    not reachable, or the daemon says later
 * OUT_PERM    refused; e->code says why
 * OUT_UNSURE  sent, but no answer came within timeout_ms or before a cut
 */
enum outcome bus_ask(struct bus *b, const char *method, json_t *params,
		     const char *as, const char *key, int timeout_ms,
		     json_t **result_out, json_t **data_out,
		     struct err *e) MUST_CHECK;

#endif
