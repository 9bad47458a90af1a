#ifndef POSTIGO_SUBSCRIBE_H
#define POSTIGO_SUBSCRIBE_H

/*
 * subscribe: committed events, wakes and ended sessions, told to those whom
 * they concern. The turn's thread, after a commit.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct desk;
struct engine;
struct handle;
struct peer;
struct task;
struct turn_end;

/* A subscription begins: its reply was put; now what came before. */
void subscribe_begin(struct task *t);

/* Does anybody listen to events? */
bool subscribe_any(struct engine *en);

/* Send events (an array of Event objects, may be NULL) to all subscribers. */
void subscribe_events(struct engine *en, json_t *events);

/* Events cannot be told: every subscription ends, and each is told from where
 * to ask again. */
void subscribe_lose(struct engine *en);

/* Send "wake" to the roles whose bits are set, and clear the bits. */
void subscribe_wakes(struct engine *en);

/* End or change handles on all connections; told with "session.ended". */
void subscribe_ends(struct engine *en, const struct turn_end *ends, size_t n);

/* End every handle of a visitor; told with "session.ended". */
void subscribe_depart(struct engine *en, int64_t visitor_id);

/* Drop handles whose time is over. */
void subscribe_sweep(struct engine *en, int64_t now_ms);

#endif
