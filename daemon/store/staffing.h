#ifndef POSTIGO_STORE_STAFFING_H
#define POSTIGO_STORE_STAFFING_H

/*
 * staffing: what a plan of agents is made from: what came, what answers and
 * chats took, who left, what waits. Read alone; each list has a ceiling and
 * keeps the newest.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define STAFFING_ARRIVALS_MAX 2000000
#define STAFFING_TALKS_MAX 5000
#define STAFFING_ANSWERS_MAX 20000
#define STAFFING_BACKLOG_MAX 20000

/* Chats that began, or contacts of the other channels, since an instant and
 * before another. queue: "" all. */
enum outcome staffing_arrivals(struct store *s, bool chats, const char *queue,
			       int64_t since_s, int64_t until_s,
			       void (*fn)(void *arg, int64_t at_s), void *arg,
			       struct err *e) MUST_CHECK;

/* A chat that was answered. */
struct staffing_talk {
	int64_t agent_id;
	int64_t asked_s;
	int64_t answered_s;
	int64_t ended_s; /* its last line, at most 4 h after the answer */
};

enum outcome staffing_talks(struct store *s, int64_t since_s,
			    void (*fn)(void *arg,
				       const struct staffing_talk *t),
			    void *arg, struct err *e) MUST_CHECK;

/* Chats that their visitor ended before anybody answered. */
enum outcome staffing_left(struct store *s, int64_t since_s,
			   void (*fn)(void *arg, int64_t asked_s,
				      int64_t left_s),
			   void *arg, struct err *e) MUST_CHECK;

/* Answers of the other channels, the newest first. */
enum outcome staffing_answers(struct store *s, int64_t since_s,
			      void (*fn)(void *arg, int64_t agent_id,
					 int64_t at_s),
			      void *arg, struct err *e) MUST_CHECK;

/* Deadlines of the answers that other channels than chats are owed now;
 * INT64_MAX: none. */
enum outcome staffing_backlog(struct store *s, const char *queue,
			      void (*fn)(void *arg, int64_t due_s), void *arg,
			      struct err *e) MUST_CHECK;

#endif
