#ifndef POSTIGO_CHARSET_H
#define POSTIGO_CHARSET_H

/*
 * charset: octets of any declared charset to clean UTF-8, as browsers do it:
 * labels are read generously (iso-8859-1 is windows-1252, gb2312 is
 * GB18030), unknown ones are guessed, what cannot be read becomes U+FFFD.
 * NUL never comes out.
 */

#include <stddef.h>

struct buf;

/*
 * Append p as UTF-8.
 * label  declared name of n_label octets; NULL or "": guess
 */
void charset_utf8(struct buf *b, const char *label, size_t n_label,
		  const char *p, size_t n);

/* As charset_utf8; what has no label and is not UTF-8 is taken for other. */
void charset_guess(struct buf *b, const char *other, const char *p, size_t n);

#endif
