#ifndef POSTIGO_SNIPPET_H
#define POSTIGO_SNIPPET_H

/*
 * snippet: what a message says round the first word that was looked for.
 */

#include <jansson.h>
#include <stddef.h>

#include "daemon/store/search.h"
#include "daemon/store/terms.h"

#define SNIPPET_CHARACTERS 120
#define SNIPPET_BEFORE 40 /* of them before the first word */
#define SNIPPET_MARKS_MAX 20

/*
 * Plain text on one line, "…" where something is left out.
 *
 * snippet_out  new string
 * marks_out    new list of [from, to] in UTF-16 units of it
 * false: none of the words is in the text; the outputs are its beginning and
 * an empty list
 */
bool snippet_make(const struct terms *t, const struct search_words *w,
		  const char *text, size_t n, json_t **snippet_out,
		  json_t **marks_out);

#endif
