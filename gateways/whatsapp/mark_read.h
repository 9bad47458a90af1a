#ifndef POSTIGO_WHATSAPP_MARK_READ_H
#define POSTIGO_WHATSAPP_MARK_READ_H

/*
 * mark_read: what a customer sees of an agent who does not send: that a
 * message was read (jobs "whatsapp.read"), that somebody types (notes of the
 * bus). Neither is worth a second try.
 *
 * Source: Meta, "Mark messages as read", "Typing indicators".
 */

#include <jansson.h>

struct accounts;
struct graph;
struct jobs;
struct lines;
struct mark_read;

/* Everything is borrowed; it takes the jobs of its kind. */
struct mark_read *mark_read_new(const struct accounts *accounts,
				struct graph *graph, struct lines *lines,
				struct jobs *jobs);
void mark_read_free(struct mark_read **m);

/* A note of the bus: somebody answers {connection, wamid}. */
void mark_read_typing(struct mark_read *m, const json_t *note);

#endif
