#ifndef POSTIGO_PORT_H
#define POSTIGO_PORT_H

/*
 * port: how the threads of mailboxes reach the daemon. The bus and the
 * parser belong to the main loop; a thread hands over what it wants, wakes
 * the loop, and waits.
 *
 * Invariants: every ask and every mail is answered exactly once, whatever
 * happens to the bus; at most PORT_MAILS_MAX mails of PORT_BYTES_MAX octets
 * in all are held (a thread reserves room before it fetches); once closed
 * everything is refused at once, so that no thread waits for ever.
 *
 * A port without threads (port_direct()) does the same at once, for a
 * program that has no loop.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define PORT_MAILS_MAX 64                         /* of all mailboxes */
#define PORT_BYTES_MAX ((size_t)64 * 1024 * 1024) /* of all mailboxes */
#define PORT_CODE "daemon" /* err.code: not the mailbox's trouble, but ours */

struct bus;
struct child;
struct port;
struct net_cancel;

struct port *port_new(struct bus *bus, struct child *parser);
/* Ask and wait, without threads or a loop. */
struct port *port_direct(struct bus *bus, struct child *parser);
/* After all threads that use it have ended. */
void port_free(struct port **p);

/* --- for the main loop ---------------------------------------------------- */

/* Readable when a thread wants something. */
int port_fd(const struct port *p);
void port_step(struct port *p);
/* Milliseconds until port_step() has something to do; -1: when readable. */
int port_wait_ms(const struct port *p);
/* The bus came up or went down. */
void port_up(struct port *p, bool up);
/* Refuse everything that has not begun. */
void port_close(struct port *p);
/* Is nothing under way? */
bool port_idle(const struct port *p);

/* --- for threads ------------------------------------------------------------ */

/* Run fn(arg) on the main loop, soon. */
void port_post(struct port *p, void (*fn)(void *arg), void *arg);

/* Does the daemon answer? */
bool port_is_up(struct port *p);

/*
 * Call a method and wait.
 * params      taken
 * result_out  new reference on OUT_OK; may be NULL
 *
 * Outcomes as bus_ask(); e->code is the daemon's, or PORT_CODE if it could
 * not be asked.
 */
enum outcome port_ask(struct port *p, const char *method, json_t *params,
		      json_t **result_out, struct err *e) MUST_CHECK;

/*
 * Room for a mail of n octets; waits for it. false: closed, or cancelled.
 * cancel  of the thread; may be NULL
 */
bool port_reserve(struct port *p, size_t n, const struct net_cancel *cancel);
void port_unreserve(struct port *p, size_t n);

/* A mail on its way to the daemon. */
struct port_mail {
	/* set by the caller; texts borrowed until port_wait() */
	const char *connection;
	const char *folder;
	uint32_t uid_validity;
	uint32_t uid;
	char *raw; /* taken by port_give() */
	size_t n;
	int64_t received_ms;
	size_t reserved;    /* given back when it has landed */
	size_t whole_bytes; /* raw is the beginning of so large a mail, which
			       stays where it is; 0: raw is all of it */
	/* set by port_wait() */
	enum outcome outcome;
	struct err err;
	int64_t retry_after_ms;
	/* the port's own */
	struct port *port;
	struct port_mail *next;
	size_t bytes;
	bool large;
	bool done;
};

/* Begin; it lives until port_wait() on it has returned. */
void port_give(struct port *p, struct port_mail *m);
void port_wait(struct port *p, struct port_mail *m);

#endif
