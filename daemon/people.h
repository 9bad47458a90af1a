#ifndef POSTIGO_PEOPLE_H
#define POSTIGO_PEOPLE_H

/*
 * people: who may log in, kept in memory, so that the worker can check a
 * password without the store; and how often somebody tried.
 *
 * Invariants: a refusal is the same, and takes the same time, for an e-mail
 * that nobody has, for a wrong password and for an agent who is not active;
 * tries are counted for e-mails that nobody has as for others. Every table
 * has a ceiling. Thread safe. The store's rows are the truth: the handler
 * compares in the turn (people_check) what was verified here.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/agent.h"

struct desk;
struct people;
struct store;

#define PEOPLE_FREE_TRIES 5  /* before there are delays */
#define PEOPLE_DELAY_MS 1000 /* the first, doubling */
#define PEOPLE_DELAY_MS_MAX ((int64_t)15 * 60 * 1000)
#define PEOPLE_NETWORK_TRIES 30
#define PEOPLE_NETWORK_MS ((int64_t)15 * 60 * 1000)
#define PEOPLE_FORGET_MS ((int64_t)24 * 60 * 60 * 1000) /* after the last try */
#define PEOPLE_TABLE_MAX 4096 /* e-mails that nobody has; networks */
#define PASSWORD_MIN 12       /* characters */

/* argon2id: what a new hash costs (OWASP's minimum). */
#define PASSWORD_MEMORY ((size_t)19 * 1024 * 1024)
#define PASSWORD_PASSES 2

/*
 * At the start: make d->people from the store's agents. Freed with
 * people_free.
 */
enum outcome people_load(struct desk *d, struct store *s,
			 struct err *e) MUST_CHECK;
void people_free(struct people **p);

/* A row is new or has changed. */
void people_put(struct people *p, const struct agent_row *a);

/* How a try to log in went; what the handler needs in the turn. */
struct people_try {
	bool good;                   /* the password was right */
	int64_t agent_id;            /* 0: nobody has that e-mail */
	int64_t failures;            /* to be stored */
	int64_t retry_ms;            /* to be stored */
	char hash[AGENT_HASH_MAX];   /* that was verified */
	char better[AGENT_HASH_MAX]; /* a stronger one to store, or "" */
};

/*
 * Check a password. Slow: on a worker alone.
 *
 * email     as typed
 * network   address of whoever tries; IPv6 counts by /64
 * retry_ms  set on OUT_TEMP: milliseconds to wait
 *
 * OUT_OK    *out says how it went; failures were counted
 * OUT_TEMP  code "too_many": nothing was checked
 */
enum outcome people_try(struct people *p, const char *email,
			const char *password, const char *network,
			int64_t now_ms, struct people_try *out,
			int64_t *retry_ms, struct err *e) MUST_CHECK;

/* As people_try, for an agent who is logged in already. out->agent_id is 0
 * if there is none. */
enum outcome people_try_again(struct people *p, int64_t agent_id,
			      const char *password, int64_t now_ms,
			      struct people_try *out, int64_t *retry_ms,
			      struct err *e) MUST_CHECK;

/* Hash a password. Slow. OUT_TEMP: no memory for it. */
enum outcome password_hash(const char *password, char out[AGENT_HASH_MAX],
			   struct err *e) MUST_CHECK;

/*
 * Is it good enough? At least PASSWORD_MIN characters, not a common one, not
 * one letter over and over, not the e-mail.
 * email     may be NULL
 * OUT_PERM  code "bad_params"
 */
enum outcome password_check(const char *password, const char *email,
			    struct err *e) MUST_CHECK;

/* An e-mail in lower case, without spaces around it, into out. false: it is
 * none. */
bool people_email(const char *typed, char out[AGENT_EMAIL_MAX]);

#endif
