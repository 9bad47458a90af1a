#ifndef POSTIGO_SHOP_ENVELOPE_H
#define POSTIGO_SHOP_ENVELOPE_H

/*
 * envelope: what stands before the octets of a delivery where the daemon keeps
 * them: the header lines without which a body cannot be read later. Pure.
 *
 *   postigo-hook: 1
 *   topic: orders/create
 *   type: application/json
 *   at: 2026-06-01T10:00:00.123Z
 *
 *   BODY, as it came
 *
 * Source: contrib/decisions/0043-the-topic-goes-with-the-body.md.
 */

#include <stddef.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

#define ENVELOPE_VALUE_MAX 200 /* octets of a value */
#define ENVELOPE_HEAD_MAX 1024 /* octets of the lines before the body */

struct envelope {
	char topic[ENVELOPE_VALUE_MAX + 1]; /* "": none was said */
	char type[ENVELOPE_VALUE_MAX + 1];
	char at[ENVELOPE_VALUE_MAX +
		1];       /* when it happened, by the shop's clock */
	const char *body; /* borrowed */
	size_t n;
};

/* The lines for a body, appended to b. A value that is NULL, too long or not
 * printable is left out. */
void envelope_write(struct buf *b, const char *topic, const char *type,
		    const char *at);

/* OUT_PERM: it is none. */
enum outcome envelope_read(const char *p, size_t n, struct envelope *out,
			   struct err *e) MUST_CHECK;

#endif
