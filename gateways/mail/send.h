#ifndef POSTIGO_SEND_H
#define POSTIGO_SEND_H

/*
 * send: deliveries of the outbox on their way: into an outgoing Maildir, or
 * to a mailbox's SMTP thread. One after the other is built; what a thread has
 * taken goes on beside that.
 *
 * A delivery that lies in its Maildir already (we, or the machine, died
 * before the report) is only reported. What became of one that went by SMTP
 * is kept until the daemon has heard it.
 */

#include <stdbool.h>

struct boxes;
struct bus;
struct child;
struct mailboxes;
struct send;

struct send *send_new(struct boxes *boxes, struct mailboxes *mailboxes,
		      struct bus *bus, struct child *parser);
void send_free(struct send **s);

/* There may be deliveries: ask for them at the next step. */
void send_wake(struct send *s);

void send_step(struct send *s);

/* Milliseconds until send_step() has something to do. */
int send_wait_ms(const struct send *s);

/* The connection was lost: what was under way is taken anew. */
void send_lost(struct send *s);

/* Take nothing new; is nothing under way any more? */
bool send_drain(struct send *s);

#endif
