#ifndef POSTIGO_FEED_H
#define POSTIGO_FEED_H

/*
 * feed: the events of the desk, asked for once for all WebSockets, and the
 * latest of them kept, so that whoever lags or comes back is served from
 * here.
 *
 * Invariant: the ring holds every event after feed_base() up to
 * feed_number(), in order, each once.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define FEED_RING 2048

struct console;
struct feed;
struct shared;

struct feed *feed_new(struct console *c);
void feed_free(struct feed **f);

/* The daemon is there: subscribe, where possible from the last event. */
void feed_up(struct console *c);

/* From the bus: an event; or the subscription was dropped. */
void feed_event(struct console *c, json_t *event);
void feed_dropped(struct console *c);

/* Is the subscription running? */
bool feed_ready(const struct feed *f);
int64_t feed_number(const struct feed *f);
int64_t feed_base(const struct feed *f);

/*
 * The first event after a number that is not below feed_base(): the frame
 * {"event":...}, borrowed, and its number. NULL: none.
 */
struct shared *feed_next(const struct feed *f, int64_t after,
			 int64_t *number_out);

#endif
