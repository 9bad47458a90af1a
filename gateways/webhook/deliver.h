#ifndef POSTIGO_WEBHOOK_DELIVER_H
#define POSTIGO_WEBHOOK_DELIVER_H

/*
 * deliver: jobs "webhook.send" and "connection.test" of the desk, posted to
 * where their connection says, and reported.
 *
 * Invariants: nothing is kept here: a job whose report is lost, or that was
 * under way when this program ended, is taken again, with the same id; an
 * answer of 200 to 299 is done, 410 is an end, everything else is tried again
 * when the daemon says.
 */

#include <stdbool.h>

struct bus;
struct deliver;
struct hooks;
struct http_client;

struct deliver *deliver_new(struct hooks *hooks, struct bus *bus,
			    struct http_client *client);
void deliver_free(struct deliver **d);

/* There may be jobs. */
void deliver_wake(struct deliver *d);

/* The connection to the daemon was lost: what was asked is not answered. */
void deliver_lost(struct deliver *d);

/* Take jobs if there may be some and there is room. */
void deliver_step(struct deliver *d);

/* Milliseconds until deliver_step() has something to do by itself. */
int deliver_wait_ms(const struct deliver *d);

/* Take nothing new; is nothing under way any more? */
bool deliver_drain(struct deliver *d);

#endif
