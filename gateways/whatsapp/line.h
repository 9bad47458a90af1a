#ifndef POSTIGO_WHATSAPP_LINE_H
#define POSTIGO_WHATSAPP_LINE_H

/*
 * line: how each connection does on the way out: how fast it sends, whether
 * it rests, whether it is stopped because its token or its account is not
 * good any more.
 *
 * Invariants: a stop is told once (connection.report, account.event); it ends
 * when the connection changes, or when Graph answers a question that is asked
 * each LINE_PROBE_MS; until then nothing is asked for the connection.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gateways/common/part.h"
#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/pace.h"

#define LINE_PROBE_MS (15 * 60 * 1000)

struct account;
struct accounts;
struct bus;
struct lines;

struct line {
	struct pace pace;
	struct rest number; /* of what is sent */
	struct rest whole;  /* of all that is asked */
};

/* Borrowed. For tests alone: POSTIGO_TEST_PROBE_MS in the environment, in the
 * place of LINE_PROBE_MS. */
struct lines *lines_new(struct bus *bus, struct accounts *accounts,
			struct graph *graph);
void lines_free(struct lines **l);
struct part lines_part(struct lines *l);

/* The account's; made when it is asked for. Borrowed until the next step. */
struct line *lines_of(struct lines *l, const struct account *k);

/* Milliseconds until something may be asked for it; 0: now. Of one that is
 * stopped: long. sending: messages, which rest with their number. */
int64_t line_left_ms(struct lines *l, const struct account *k, bool sending);

/* Graph refused something; what does not concern the message or the person
 * alone is seen to here. Gives the rule. */
const struct graph_rule *line_refused(struct lines *l, struct account *k,
				      const struct graph_answer *a);

/* Graph took something. */
void line_fine(struct lines *l, struct account *k);

/* It could not be asked at all: why, in words. */
void line_unreached(struct lines *l, struct account *k, const char *why);

/* Something begins to go for no account as long as this is true. */
bool lines_all_stopped(const struct lines *l);

#endif
