#ifndef POSTIGO_CHALLENGE_H
#define POSTIGO_CHALLENGE_H

/*
 * challenge: mails of programs that hold a mail back until its sender proves
 * to be a person. Robots, but nothing has failed: a person decides whether to
 * follow their link.
 */

#include <stdbool.h>
#include <stddef.h>

struct head;

/* subject: decoded. */
bool challenge_head(const struct head *h, const char *subject);

/* The words of such a program; text of n octets, ended by NUL. */
bool challenge_text(const char *text, size_t n);

#endif
