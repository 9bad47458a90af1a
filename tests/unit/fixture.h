#ifndef POSTIGO_TEST_FIXTURE_H
#define POSTIGO_TEST_FIXTURE_H

/*
 * fixture: a desk in a fresh folder whose handlers are called directly, as
 * the turn would: in a transaction, each in its savepoint.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/desk.h"
#include "daemon/request.h"
#include "daemon/store/store.h"
#include "tests/unit/engine_seen.h"

/* Monday 2026-01-05 09:00:00 UTC; the book's calendar never closes. */
#define T0_MS INT64_C(1767603600000)

struct fixture {
	struct desk desk;
	struct store *store;
	char dir[64];
	int64_t now_ms;
	int64_t agent_id;
	int64_t other_agent_id;
	bool foreign; /* a test wrote rows of incidents itself */
};

extern struct fixture fx;

/* cmocka's set-up and tear-down of one test. The tear-down runs every check
 * of checks.sql: what a test leaves behind must be sound; and it counts, unless
 * the test wrote rows of incidents itself. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* A request and how it ended. */
struct call {
	enum outcome outcome;
	struct err err;
	json_t *result;
	json_t *error_data;
};

/* Run a handler in the transaction of its own turn; params are taken. */
struct call fixture_call(method_fn *fn, enum role role, int64_t agent_id,
			 json_t *params);
/* The same, for a visitor. */
struct call fixture_visit(method_fn *fn, int64_t visitor_id, json_t *params);
/* The first, with octets that came along. */
struct call fixture_call_blobs(method_fn *fn, enum role role, json_t *params,
			       struct request_blob *blobs, size_t n);
void call_release(struct call *c);

/* The counts that are kept in memory are those that rows give. */
void fixture_counts(void);

/* The check of that name finds what a statement did, which is undone. */
void fixture_finds(const char *check, const char *sql);

/*
 * Apply a desk book as the next version. What is wrong in it fails the test.
 * head, rest  its text, one after the other
 */
void fixture_apply(const char *head, const char *rest, int64_t applied_ms);
/* The same, of rules without examples. */
void fixture_apply_trusted(const char *head, const char *rest,
			   int64_t applied_ms);

/* desk_tick at fx.now_ms, committed. Returns the next instant. */
int64_t fixture_tick(void);

/* The first column of the first row; 0 without one. */
int64_t fixture_int(const char *sql);
/* Its text, into a buffer that the next call uses again. */
const char *fixture_text(const char *sql);
void fixture_exec(const char *sql);

/* A whole contact.add; NULL members are left out. */
struct letter {
	const char *id;
	const char *from;
	const char *to;
	const char *subject;
	const char *text;
	const char *in_reply_to;
	const char *references;
	int64_t at_ms; /* 0: now */
	bool robot;
	const char *bounce;  /* JSON of that parameter */
	const char *forward; /* the same */
};
struct call fixture_mail(const struct letter *m);

/* Members of a result. */
int64_t got_int(const struct call *c, const char *name);

#endif
