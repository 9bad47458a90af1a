#ifndef POSTIGO_REFUSED_H
#define POSTIGO_REFUSED_H

/*
 * refused: deliveries that were not taken, and handshakes. They are counted;
 * the log has a line a minute for each reason, and administrators are told
 * once an hour and connection that signatures are wrong, since a wrong
 * secret looks so. Whoever has no secret makes nobody write more than that.
 */

#include <stdbool.h>

struct bus;
struct mine_one;
struct refused;

enum refused_why {
	REFUSED_HANDSHAKE,
	REFUSED_UNSIGNED,
	REFUSED_LARGE,
	REFUSED_SLOW,
	REFUSED_BUSY,
	REFUSED_AWAY, /* not stored now */
	REFUSED_COUNT
};

/*
 * bus   borrowed
 * name  static: of the gateway, which its events in the log begin with
 */
struct refused *refused_new(struct bus *bus, const char *name);
void refused_free(struct refused **r);

/* One more. of: whose it was, or NULL if that is not known. */
void refused_note(struct refused *r, enum refused_why why, struct mine_one *of);

#endif
