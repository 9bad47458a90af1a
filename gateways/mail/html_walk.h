#ifndef POSTIGO_HTML_WALK_H
#define POSTIGO_HTML_WALK_H

/*
 * html_walk: what the two walkers over a document share (html.c writes
 * markup, html_text.c text).
 */

#include <libxml/tree.h>
#include <stdbool.h>
#include <stddef.h>

struct html;

const xmlNode *html_root(const struct html *h);

/* Is s in the list of n words, in any case? */
bool html_among(const char *const *list, size_t n, const char *s);

/* Does the element go with all that is in it? */
bool html_is_dropped(const char *name);

#endif
