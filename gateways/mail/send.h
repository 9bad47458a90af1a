#ifndef POSTIGO_SEND_H
#define POSTIGO_SEND_H

/*
 * send: deliveries of the outbox into the outgoing Maildirs, and jobs. A
 * delivery is built, given and then reported; one that lies there already
 * (we, or the machine, died before the report) is only reported.
 */

#include <stdbool.h>

struct boxes;
struct bus;
struct child;
struct send;

struct send *send_new(struct boxes *boxes, struct bus *bus,
		      struct child *parser);
void send_free(struct send **s);

/* There may be deliveries, or jobs: ask for them at the next step. */
void send_wake(struct send *s);
void send_wake_jobs(struct send *s);

void send_step(struct send *s);

/* Milliseconds until send_step() has something to do. */
int send_wait_ms(const struct send *s);

/* The connection was lost: what was under way is taken anew. */
void send_lost(struct send *s);

/* Take nothing new; is nothing under way any more? */
bool send_drain(struct send *s);

#endif
