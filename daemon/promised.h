#ifndef POSTIGO_PROMISED_H
#define POSTIGO_PROMISED_H

/*
 * promised: the answer time that a customer is told, and whether it was kept.
 * The arithmetic is expect.h, the figure behind it answer_time.h.
 *
 * Invariants: what was told stands: a customer who looks again sees the same
 * instant; every telling leaves a row. Source: schema/STORE.md, "promise".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/expect.h"

struct book;
struct desk;
struct incident;
struct store;
struct visitor;

/* Of whom and what is asked. Names may be NULL or "": not known yet. */
struct promised_ask {
	const char *channel;
	const char *queue; /* else the book's first */
	const char *team;  /* else the queue's */
	const char *policy;
	const char *priority;
	int64_t due_s; /* a deadline that runs already; 0: none, the policy's
			  from now on */
	int64_t now_ms;
};

struct promised {
	bool known; /* false: nothing can be told */
	bool measured;
	struct expect x;
	const struct calendar *calendar; /* the book's */
};

/* What can be told now. */
void promised_now(struct desk *d, const struct book *b,
		  const struct promised_ask *q, struct promised *out);

/* The same about an incident. */
void promised_incident(struct desk *d, const struct book *b,
		       const struct incident *inc, int64_t now_ms,
		       struct promised *out);

/* Its words in a language. They are there also if nothing is known. */
void promised_words(const struct promised *p, int64_t now_ms,
		    const char *language, char out[EXPECT_TEXT_MAX]);

/* Note that it was told; nothing if nothing is known.
 * message_id  that says it; 0: the chat's panel */
enum outcome promised_tell(struct store *s, const struct incident *inc,
			   int64_t message_id, const struct promised *p,
			   int64_t now_ms, struct err *e) MUST_CHECK;

/*
 * An agent's answer was written from a saved reply: if that says when an answer
 * comes, and the text still does in those words, it was told.
 */
enum outcome promised_answer(struct desk *d, struct store *s,
			     const struct incident *inc, int64_t message_id,
			     const char *saved_reply, const char *text,
			     int64_t now_ms, struct err *e) MUST_CHECK;

/*
 * What a visitor is shown before anything was written, {words, by_at} or null:
 * what holds now. Lengths have no instant, so that it changes no more often
 * than its words.
 */
json_t *promised_site(const struct promised *p);

/* A visitor's chat, with what was told of one that waits as "expected". */
enum outcome promised_chat(struct store *s, const struct visitor *v,
			   json_t **out, struct err *e) MUST_CHECK;

/* The promises whose instant passed, a bounded share of them.
 * more_out  set if there may be more */
enum outcome promised_tick(struct store *s, int64_t now_ms, bool *more_out,
			   struct err *e) MUST_CHECK;

#endif
