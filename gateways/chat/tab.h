#ifndef POSTIGO_CHAT_TAB_H
#define POSTIGO_CHAT_TAB_H

/*
 * tab: a WebSocket of a visitor.
 *
 * Invariants: lines go out in order of their number, each once on a socket;
 * nothing is acknowledged but by the daemon's response; a malformed frame
 * costs its socket alone; a tab that does not read is sent no more lines
 * until it does.
 *
 * Source: schema/CHAT.md.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateways/chat/rate.h"

#define TAB_QUEUE_BYTES (256 * 1024)   /* lines wait beyond this */
#define TAB_CLOSE_BYTES (2048 * 1024)  /* more waits: it is closed */
#define TAB_VOLATILE_BYTES (16 * 1024) /* typing is dropped beyond this */
#define TAB_FRAME_MS 50                /* one frame comes back each */
#define TAB_FRAMES 60                  /* frames at once */
#define TAB_TYPING_MS 500              /* least time between two of them */
#define TAB_DOWN_BYTES (256 * 1024)    /* of one frame to a visitor */

#define TAB_CLOSE_BYE 4000
#define TAB_CLOSE_ENDED 4001
#define TAB_CLOSE_SLOW 4002
#define TAB_CLOSE_MANY 4029

struct chat;
struct hit;
struct site;
struct sock;
struct tab;
struct tabs;
struct visitor;

struct tab {
	size_t refs;
	struct chat *chat;
	struct sock *sock; /* NULL: closed */
	struct site *site;
	struct network *network; /* NULL: not counted */
	struct visitor *visitor; /* NULL: nothing begun */
	struct tab *next;        /* of all */
	struct tab **prev;
	struct tab *sibling; /* of the visitor */
	struct tab **sibling_prev;
	int64_t number;   /* of the last line sent */
	int64_t incident; /* in which that was counted; 0: not said */
	int64_t typing_tick;
	struct bucket frames;
	uint64_t chat_mark; /* of the chat that was told last */
	bool opened;        /* said open */
	bool greeted;       /* was sent hello */
	bool told_down;
	bool starting;
};

struct tabs *tabs_new(struct chat *c);
void tabs_free(struct tabs **t);

/* The hooks of the server; arg is the chat. */
bool tab_upgrade(void *arg, struct hit *h);
void tab_abandoned(void *arg, void *tag);
void tab_opened(void *arg, struct sock *s);
void tab_message(void *arg, struct sock *s, const char *p, size_t n);
void tab_drained(void *arg, struct sock *s);
void tab_closed(void *arg, struct sock *s);

/* Every socket is told that the program ends. */
void tabs_bye(struct chat *c);
/* How many sockets wait to be closed. */
size_t tabs_count(const struct chat *c);

/* The daemon went; it is back (for those without a visitor). */
void tabs_down(struct chat *c);
void tabs_up(struct chat *c);

/* A site changed: json is what visitors get; NULL: it is no more. */
void tabs_site(struct chat *c, const struct site *s, json_t *json);

/* --- for visitor.c: one visitor's tabs ----------------------------------- */

/* Greet whoever waits for hello; the visitor was opened with this chat. */
void tabs_chat(struct visitor *v, const json_t *chat);

/* Lines are counted in this incident (0: none yet): those who counted in
 * another, or all of them, begin anew. */
void tabs_incident(struct visitor *v, int64_t incident, bool all);

/* The lines after `from` came: send each tab what it lacks. */
void tabs_lines(struct visitor *v, int64_t from, const json_t *result);

/* The number below which some tab lacks lines, if it lacks any below last;
 * -1: none that can take them now. */
int64_t tabs_behind(const struct visitor *v, int64_t last);

/* All is told: say that the daemon is there to whoever was told otherwise. */
void tabs_settled(struct visitor *v);

void tabs_typing(struct visitor *v, const char *name, bool on);

/* The token does not stand (any more). */
void tabs_gone(struct visitor *v);

#endif
