#ifndef POSTIGO_PROMISES_H
#define POSTIGO_PROMISES_H

/* promises: what promises rest on, of the text of a book. */

#include <stddef.h>

/*
 * Overwrite rules, lists, replies and shop policies of a book with blanks.
 * Lines stay where they are. A text that is no book may lose more.
 */
void promises_cut(char *s, size_t n);

#endif
