#ifndef POSTIGO_TEST_PEOPLE_DESK_H
#define POSTIGO_TEST_PEOPLE_DESK_H

/*
 * people_desk: a desk in a fresh folder whose handlers are called directly.
 * A calm method's first step runs before, as the worker would run it. What
 * the engine offers to handlers is noted instead of done.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/desk.h"
#include "daemon/request.h"
#include "daemon/store/store.h"

struct test_desk {
	struct desk desk;
	struct store *store;
	char dir[64];
	int64_t now_ms;
	unsigned ends;       /* calls of desk_end_sessions */
	int64_t ended_agent; /* of the last of them */
	char ended_hash[65];
	char ended_except[65];
	char opened_hash[65];   /* of the last handle */
	int roles;              /* calls of engine_agent_role */
	int64_t online_visitor; /* has a live handle */
};

extern struct test_desk td;

int test_desk_setup(void **state);
/* Every check of the store must pass. */
int test_desk_teardown(void **state);

struct answer {
	enum outcome outcome;
	struct err err;
	json_t *result;
	json_t *data;
	int64_t retry_after_ms;
};

/* Who asks. */
struct caller {
	enum role role;
	int64_t agent_id; /* 0: nobody */
	enum staff staff;
	const char *session;
};

/* The control socket, and the console without a person. */
extern const struct caller control;
extern const struct caller console;

/* Ask; params are taken. The transaction is committed, or as much of it as
 * the turn would keep. */
struct answer ask(const struct caller *c, const char *method, json_t *params);
void answer_release(struct answer *a);

/* Assert that it was refused with that code, and release it. */
void refused(struct answer a, const char *code);

/* Ask for a change that must go well; nothing is left to release. */
void done(const struct caller *c, const char *method, json_t *params);

/* An agent with a password of that role; their row. */
int64_t add_agent(const char *email, const char *role, const char *password);

/* First column of the first row; 0 if there is none. */
int64_t number_of(const char *sql);
void run_sql(const char *sql);

#endif
