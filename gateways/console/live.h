#ifndef POSTIGO_LIVE_H
#define POSTIGO_LIVE_H

/*
 * live: the WebSockets of the console. A frame from a browser is one call on
 * the bus in its person's name; events go out in order, from the position
 * that the browser named, without gap or repeat.
 *
 * Frames: gateways/console/README.md, "WebSocket".
 *
 * Invariants: at most LIVE_CALLS_MAX calls of one socket are under way;
 * events are queued only while little waits to be sent, so a slow browser
 * lags behind and costs nothing; a malformed frame costs its socket alone.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define LIVE_CALLS_MAX 256
#define LIVE_QUEUE_BYTES (256 * 1024) /* events wait beyond this */
#define LIVE_PAGE 500                 /* events of one events.since */
#define LIVE_LAG_MAX 20000            /* more missing events: {"gone":true} */
#define LIVE_CLOSE_SESSION 4001
#define LIVE_CLOSE_MALFORMED 4400

struct console;
struct lives;
struct person;
struct hit;
struct sock;

struct lives *lives_new(struct console *c);
void lives_free(struct lives **l);
/* No timers any more: the server is about to close. */
void lives_stop(struct console *c);

/* The hooks of the server; arg is the console. */
bool live_upgrade(void *arg, struct hit *h);
void live_opened(void *arg, struct sock *s);
void live_message(void *arg, struct sock *s, const char *p, size_t n);
void live_drained(void *arg, struct sock *s);
void live_closed(void *arg, struct sock *s);

/* A person's handle stands (again); its session ended for good. */
void lives_opened(struct console *c, struct person *p);
void lives_ended(struct console *c, struct person *p);

/* The daemon went; the feed is ready: say hello or up to whom it is due. */
void lives_down(struct console *c);
void lives_greet(struct console *c);

/* Send what events there are to everybody who waits for them. */
void lives_pump(struct console *c);

/* The feed began anew: whoever has seen more than there is (an older backup
 * was restored) is told to load everything again. */
void lives_anew(struct console *c);

/*
 * Tell all who follow events what is true at this moment only: it is not
 * repeated, and who is slow does without.
 * what    member of the frame: "typing" or "visitor"
 * params  borrowed
 */
void lives_tell(struct console *c, const char *what, json_t *params);

#endif
