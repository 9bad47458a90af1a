#ifndef POSTIGO_WHATSAPP_TEMPLATES_H
#define POSTIGO_WHATSAPP_TEMPLATES_H

/*
 * templates: the messages that Meta approved, read for the daemon (jobs
 * "template.sync"): page by page from Graph, then in parts to the bus.
 *
 * Invariant: only a list that was read to its end tells the daemon what is
 * there no more.
 *
 * Source: Meta, "Message templates"; schema/PROTOCOL.md, template.put.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define TEMPLATES_PAGE 50      /* of Graph */
#define TEMPLATES_PAGES_MAX 40 /* of one number */
#define TEMPLATES_PART 50      /* of one call of the bus */
#define TEMPLATES_PART_BYTES ((size_t)256 * 1024)
#define TEMPLATE_ONE_BYTES ((size_t)64 * 1024) /* of its components */

struct bus;
struct graph;
struct jobs;
struct lines;
struct templates;

/* Everything is borrowed; it takes the jobs of its kind. */
struct templates *templates_new(struct bus *bus, struct graph *graph,
				struct lines *lines, struct jobs *jobs);
void templates_free(struct templates **t);

/* Query of one page: fields, how many, after which; after NULL or "": the
 * first. With the question mark; free with mem_free. */
char *templates_query(const char *after);

/*
 * The templates of one page, as template.put takes them, added to list. Pure.
 * Returns how many of them cannot be kept: without a name or a language, or
 * too long.
 */
size_t templates_take(const json_t *page, json_t *list);

/* Where the next page begins, borrowed; NULL: that was the last. Pure. */
const char *templates_after(const json_t *page);

/* How many from the i-th on go into one part. Pure. */
size_t templates_part(const json_t *list, size_t i);

#endif
