#ifndef POSTIGO_MATCH_P_H
#define POSTIGO_MATCH_P_H

/*
 * match_p: the inside of match: one search, and what its files share.
 */

#include "daemon/match.h"
#include "daemon/store/named.h"

#define TOKENS_MAX 8 /* different ones; more prove nothing either */

struct search {
	const struct match_ask *a;
	struct desk *d;
	struct store *s;
	struct named_sender from;
	struct match *out;
	int64_t tokens[TOKENS_MAX]; /* incidents, each once */
	size_t token_count;
	int left;       /* Message-IDs that may still be looked up */
	bool named;     /* it names any mail at all */
	bool elsewhere; /* it belongs to another mailbox's incident */
};

/* It belongs there; how: static. */
void search_found(struct search *x, int64_t incident_id, const char *how);

/* Is the mail another mailbox's business? It went to both, or that one has
 * brought it already.
 * connection_id  of the incident; 0: none */
enum outcome search_elsewhere(struct search *x, int64_t incident_id,
			      int64_t connection_id, bool *out,
			      struct err *e) MUST_CHECK;

/* By a signed token; out->why is tokens_differ, or gone, if one was there and
 * proves nothing. */
enum outcome search_token(struct search *x, struct err *e) MUST_CHECK;

/* A report of non-delivery is about a mail of ours: the one to whose reply
 * address it went, else the one that it brings back. */
enum outcome search_bounce(struct search *x, const json_t *bounce,
			   struct err *e) MUST_CHECK;

#endif
