#ifndef POSTIGO_DELIVERY_H
#define POSTIGO_DELIVERY_H

/*
 * delivery: the outbox's rows. A delivery is one outgoing message on its way
 * by one connection, with one key for ever.
 *
 * Invariants: taken exactly while lease_ms is set; attempts counts how often
 * it was taken. Source: schema/STORE.md, "delivery".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define DELIVERY_KEY_MAX 512
#define DELIVERY_LAPSED "the lease ran out" /* detail of such an end */

struct delivery {
	int64_t id;
	int64_t message_id;
	int64_t incident_id;
	int64_t number; /* of the message in its incident */
	int64_t connection_id;
	char *key;
	char state[8];
	int64_t attempts;
	int64_t lost; /* times that it was queued again, its outcome unknown */
	bool lapsed;  /* the newest attempt ended so, as far as is known */
	int64_t lease_ms; /* 0: it is not taken */
	int64_t created_ms;
	int64_t committed_ms; /* of the message */
	int64_t agent_id;     /* who wrote it; 0: a program */
	int64_t identity_id;  /* to whom it goes, if one address is known */
	bool whatsapp;        /* its connection is one of our numbers */
	char *external_id;    /* the channel's id; "": not known */
	char receipt[12];     /* the highest that came, or "" */
	bool begun;           /* of the newest attempt: it may have gone */
};

void delivery_release(struct delivery *d);

/* now_ms: of the message; due_ms: not taken before. */
enum outcome delivery_add(struct store *s, int64_t message_id,
			  int64_t connection_id, const char *key,
			  int64_t now_ms, int64_t due_ms, int64_t *id_out,
			  struct err *e) MUST_CHECK;

/* OUT_PERM  code "not_found"; role: the connection's, or NULL for any */
enum outcome delivery_load(struct store *s, int64_t id, const char *role,
			   struct delivery *out, struct err *e) MUST_CHECK;

/* The numbers of deliveries that are due by active connections of a role. */
enum outcome delivery_due(struct store *s, const char *role, int64_t now_ms,
			  int max, int64_t *ids_out, int *n_out,
			  struct err *e) MUST_CHECK;

/* Lease it: state taken, one attempt more. */
enum outcome delivery_take(struct store *s, int64_t id, int64_t lease_ms,
			   struct err *e) MUST_CHECK;

/* It may go from now on, under a lease of its own. */
enum outcome delivery_begin(struct store *s, int64_t id, int64_t lease_ms,
			    struct err *e) MUST_CHECK;

/* Queue it again for due_ms; lost: what the column is from now on. */
enum outcome delivery_requeue(struct store *s, int64_t id, int64_t due_ms,
			      int64_t lost, const char *detail,
			      struct err *e) MUST_CHECK;

/* state: sent, failed or unknown. */
enum outcome delivery_end(struct store *s, int64_t id, const char *state,
			  int64_t now_ms, const char *detail,
			  struct err *e) MUST_CHECK;

/* What the channel calls it, from now on. */
enum outcome delivery_named(struct store *s, int64_t id,
			    const char *external_id, struct err *e) MUST_CHECK;

/* The delivery of that key, else of that id of the channel, by a connection;
 * NULL and "" are no key. *id_out 0: there is none. */
enum outcome delivery_of(struct store *s, int64_t connection_id,
			 const char *key, const char *external_id,
			 int64_t *id_out, struct err *e) MUST_CHECK;

/* A receipt came, higher than those before. at_ms: the channel's instant. */
enum outcome delivery_receipt(struct store *s, int64_t id, const char *receipt,
			      int64_t at_ms, struct err *e) MUST_CHECK;

/* The channel has it after all, whatever was thought before. */
enum outcome delivery_proved(struct store *s, int64_t id, int64_t now_ms,
			     struct err *e) MUST_CHECK;

/* Queue an ended one once more, as if nothing had been said of it. */
enum outcome delivery_renew(struct store *s, int64_t id, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/* The channel's number for why it failed. */
enum outcome delivery_code(struct store *s, int64_t id, int64_t code,
			   struct err *e) MUST_CHECK;

/* Deliveries whose lease ran out at now_ms. */
enum outcome delivery_lapsed(struct store *s, int64_t now_ms, int max,
			     int64_t *ids_out, int *n_out,
			     struct err *e) MUST_CHECK;

/*
 * The clock went back: nothing waits longer than it was told to. What was never
 * tried is due now.
 * wait_ms   longest wait between two attempts
 * lease_ms  longest lease
 */
enum outcome delivery_clock_back(struct store *s, int64_t now_ms,
				 int64_t wait_ms, int64_t lease_ms,
				 struct err *e) MUST_CHECK;

/* Roles (as text, through fn) with deliveries that became due after after_ms
 * and by now_ms. */
enum outcome delivery_roles(struct store *s, int64_t after_ms, int64_t now_ms,
			    void (*fn)(void *arg, const char *role), void *arg,
			    struct err *e) MUST_CHECK;

/* The next instant at which a lease ends, or a queued one is due after
 * now_ms; INT64_MAX: never. */
enum outcome delivery_next(struct store *s, int64_t now_ms, int64_t *ms_out,
			   struct err *e) MUST_CHECK;

#endif
