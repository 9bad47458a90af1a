#ifndef POSTIGO_REPLY_H
#define POSTIGO_REPLY_H

/*
 * reply: the variables of saved replies. A variable is a name of lower-case
 * letters, dots and underscores in braces, with what is said where it has no
 * value: {order.number|"your order"}. Other braces are text.
 */

#include <stdbool.h>
#include <stddef.h>

/* Where a variable stands in its text; offsets in bytes. */
struct reply_hole {
	size_t start;   /* of the opening brace */
	size_t from;    /* of the name */
	size_t n;       /* of the name */
	size_t or_from; /* of what is said instead, inside its quotes */
	size_t or_n;
	bool bad; /* after the name and '|' stands no text in quotes */
};

/*
 * The next variable at or after *i.
 * Returns false if there is none, else true and *i is after it.
 */
bool reply_variable(const char *text, size_t *i, struct reply_hole *out);

/* The names of variables; NULL past the last. */
const char *reply_variable_name(size_t i);

/* Is it the name of n bytes of a variable? */
bool reply_variable_known(const char *name, size_t n);

#endif
