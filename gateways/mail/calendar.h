#ifndef POSTIGO_CALENDAR_H
#define POSTIGO_CALENDAR_H

/*
 * calendar: an invitation (text/calendar) as lines for a person who has
 * nothing else to read: what, when, where, who organises it, its words. The
 * lines carry no labels, so they need no language; instants are written as
 * they stand there, with their zone, never converted.
 *
 * Source: RFC 5545; RFC 5546 for methods.
 */

#include <stddef.h>

struct buf;

#define CALENDAR_EVENTS_MAX 10

/* Append what p (UTF-8) invites to; nothing if no event is in it. */
void calendar_text(struct buf *out, const char *p, size_t n);

#endif
