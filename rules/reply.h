#ifndef POSTIGO_REPLY_H
#define POSTIGO_REPLY_H

/*
 * reply: the variables of saved replies. A variable is a name of lower-case
 * letters, dots and underscores in braces; other braces are text.
 */

#include <stddef.h>

/*
 * The next "{name}" at or after *i.
 * from_out, n_out  the name inside the braces
 * Returns 0 if there is none, else 1 and *i is after it.
 */
int reply_variable(const char *text, size_t *i, size_t *from_out,
		   size_t *n_out);

/* The names of variables; NULL past the last. */
const char *reply_variable_name(size_t i);

#endif
