#ifndef POSTIGO_TEST_SHOP_STAGE_H
#define POSTIGO_TEST_SHOP_STAGE_H

/*
 * shop_stage: what tests of shops share. Facts that are asked for what they
 * have, and a run (gateways/shop/pull.h) of a shop that answers what the test
 * says. What is not as it is told here fails the test.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "gateways/shop/pull.h"
#include "gateways/shop/read.h"

/* A member's text, or NULL. Borrowed, as all that is found in JSON here. */
const char *shop_text(const json_t *o, const char *name);

/* The i-th of a list that is a member. */
json_t *shop_nth(const json_t *o, const char *list, size_t i);

/* The member is this text. value NULL: there is no such member. */
void shop_has(const json_t *o, const char *name, const char *value);

/* The three states of an order. NULL: it has none. */
void shop_states_are(const json_t *order, const char *state, const char *paid,
		     const char *fulfilled);

/* Facts of a body. To be let go. */
json_t *shop_facts(read_fn *read, const struct read_about *about,
		   const char *body);

/* The body is refused, for a reason that has these words.
 * code  what the refusal is called; NULL: whatever it is */
void shop_refuses(read_fn *read, const struct read_about *about,
		  const char *body, const char *words, const char *code);

struct shop_stage {
	const struct pull *pull;
	const char *start; /* of the requests' addresses; static */
	int64_t since_ms;
	struct pull_shop shop;
	json_t *settings;
	json_t *secrets;
	json_t *run;
	struct pull_ask ask;     /* the last request */
	struct pull_told told;   /* by the last answer */
	struct err e;            /* why it was refused */
	const char *retry_after; /* headers of the answers to come, or NULL */
	const char *pages;
};

/* Begin a run. Takes settings and secrets; start and since_ms are for the test
 * to set. To be closed. */
void shop_stage_open(struct shop_stage *s, const struct pull *pull,
		     const struct read_about *about, json_t *settings,
		     json_t *secrets);
void shop_stage_close(struct shop_stage *s);

/* Is there a next request? s->ask is it. */
bool shop_ask(struct shop_stage *s);

/* The next request is for this resource, and its query has that. */
void shop_asks(struct shop_stage *s, const char *resource, const char *query);

/* No request is left. */
void shop_ends(struct shop_stage *s);

/* What the run makes of an answer. */
enum outcome shop_answer(struct shop_stage *s, long status, const char *body);

/* An answer that is taken. */
void shop_answers(struct shop_stage *s, const char *body);

#endif
