#ifndef POSTIGO_SENDER_H
#define POSTIGO_SENDER_H

/*
 * sender: the SMTP thread of a mailbox: one transaction per delivery, one
 * session for those that follow each other. It is started when there is
 * something to send, and the session ends when SENDER_IDLE_MS pass without.
 *
 * Invariants: a transaction that is not begun in time never is; at the
 * parcel's deadline it is interrupted, and its end says what is known then:
 * not sent, or maybe. A mail to a domain of which the server said "later" is
 * put off unsent until the domain's wait is over (domains.h).
 *
 * All functions are the main loop's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define SENDER_QUEUE_MAX 10 /* that wait for one mailbox */
#define SENDER_IDLE_MS 30000
#define SENDER_DETAIL_MAX 300

struct mailset;
struct port;
struct sender;
struct standing;

/* A mail on its way out. */
struct parcel {
	/* set by the caller */
	char *octets; /* owned */
	size_t n;
	char *from; /* owned; the envelope's, "": none */
	char **to;  /* owned */
	size_t to_count;
	size_t needed;       /* of to, the first ones: the customer */
	bool reports;        /* ask the server for reports of delivery */
	char *envelope_id;   /* owned; what they name it by, or NULL */
	int64_t begin_by_ms; /* monotonic */
	int64_t deadline_ms; /* it has ended by then */
	/* its end: runs on the main loop, where the parcel is freed */
	void (*done)(struct parcel *p);
	void *arg;
	enum outcome outcome; /* OUT_OK sent, OUT_TEMP not, OUT_PERM never,
			       * OUT_UNSURE maybe */
	char detail[SENDER_DETAIL_MAX]; /* in words, without addresses */
	/* the sender's own */
	struct parcel *next;
};

void parcel_free(struct parcel **p);

/* Nothing is started yet. All borrowed until sender_free(). */
struct sender *sender_new(struct mailset *set, struct port *port,
			  struct standing *standing);

/* Is there room for another one? */
bool sender_room(struct sender *s);

/* Send it (taken); its `done` tells. false: not now, not taken. */
bool sender_send(struct sender *s, struct parcel *p);

/* Interrupt a transaction whose deadline has come. */
void sender_step(struct sender *s);

/* Try a server that failed again now. */
void sender_wake(struct sender *s);

/* Begin nothing new: what waits ends as not sent. The transaction under way
 * goes on unless cut is set. */
void sender_stop(struct sender *s, bool cut);
bool sender_ended(struct sender *s);

/* Only when it has ended. */
void sender_free(struct sender **s);

#endif
