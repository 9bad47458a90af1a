#ifndef POSTIGO_CHAT_ASK_H
#define POSTIGO_CHAT_ASK_H

/*
 * ask: what a visitor asks the daemon for, and the answer as a frame. One
 * that is lost with the daemon is answered `away`: it may have happened, and
 * asking again is harmless.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateways/chat/up.h"

struct tab;
struct visitor;

void ask_start(struct tab *t, const struct up_frame *f);
void ask_typing(struct tab *t, bool on);
/* write, end, rate */
void ask_visitor(struct tab *t, const struct up_frame *f);

/* --- of tab.c, for ask.c ------------------------------------------------- */

void tab_unref(struct tab *t);
/* o is taken. */
void tab_send(struct tab *t, json_t *o);
/* id, text: may be NULL; retry_ms 0: never again as it is. */
void tab_refuse(struct tab *t, enum up_kind re, const char *id,
		const char *code, const char *text, int64_t retry_ms);
/* The tab has begun a chat; the reference on v is taken, started too. */
void tab_started(struct tab *t, struct visitor *v, json_t *started);

#endif
