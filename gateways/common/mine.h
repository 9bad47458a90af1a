#ifndef POSTIGO_MINE_H
#define POSTIGO_MINE_H

/*
 * mine: the connections of a gateway's role, as its kind of objects.
 *
 * They are asked for when the bus comes up, when it says that connections
 * changed, and each minute. One whose connection did not change stays the same
 * object, with what was learnt about it; one that changed is another object,
 * and the old one lives as long as somebody holds it.
 *
 * Each thread has some of its own (part.h). Secrets never leave it.
 *
 * Source: schema/PROTOCOL.md, "Connections".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateways/common/part.h"

struct bus;
struct mine;

/* What each has; the first member of the gateway's own struct. */
struct mine_one {
	char *name; /* of the connection; never NULL */
	int64_t version;
	size_t holds;
	bool gone;       /* its connection changed, or is no more */
	int64_t tell_ms; /* monotonic: of the next notice of refused.c */
};

/* How a gateway makes its own. Static. */
struct mine_kind {
	size_t max;
	const char *left; /* event of the log: one cannot be used */
	/* NULL: it cannot be used. name and version are set by mine. */
	struct mine_one *(*make)(const json_t *connection);
	/* The object and what make() gave it; not its name. */
	void (*free)(struct mine_one *one);
};

struct mine *mine_new(struct bus *bus, const struct mine_kind *kind);
/* After the bus; none may be held then. */
void mine_free(struct mine **m);

/* Its step, wake (of "connections"), wait_ms, drain and lost. */
struct part mine_part(struct mine *m);

/* Were they told since the start? Until then nothing is unknown. */
bool mine_known(const struct mine *m);

/* Were they told since the daemon last said that they changed? What comes for
 * one that is not known waits for that. */
bool mine_fresh(const struct mine *m);

/* Take a list of MyConnection. What cannot be used is left out. */
void mine_set(struct mine *m, const json_t *connections);

/* NULL: none of them. Borrowed until the next step, unless it is held. */
struct mine_one *mine_by_name(const struct mine *m, const char *name);
/* The i-th of those that there are; NULL: no more. */
struct mine_one *mine_at(const struct mine *m, size_t i);

/* Keep it over a step. */
void mine_hold(struct mine_one *one);
void mine_release(struct mine_one *one);

/* A member's text, or what stands for it; new. */
char *mine_text(const json_t *o, const char *name, const char *otherwise);
/* Free a secret (or NULL), and overwrite it before. */
void mine_forget(char *secret);

#endif
