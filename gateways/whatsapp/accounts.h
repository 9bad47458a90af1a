#ifndef POSTIGO_WHATSAPP_ACCOUNTS_H
#define POSTIGO_WHATSAPP_ACCOUNTS_H

/*
 * accounts: the connections of kind `whatsapp`, each one of our numbers: when
 * they are asked for, and how long one lives, says mine.h.
 *
 * Each thread has accounts of its own (part.h). Secrets never leave it.
 *
 * Source: schema/PROTOCOL.md, "Connections".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateways/common/mine.h"

#define ACCOUNTS_MAX 200
#define ACCOUNT_SECRETS 2 /* of the app: the one in use, and the next */
#define ACCOUNT_ID_MAX 32 /* digits of a phone_number_id */

struct bus;
struct accounts;
struct job;

/* Texts are never NULL; a setting that is absent is "". */
struct account {
	struct mine_one mine;
	char *name;
	char *phone_number_id;
	char *waba_id;
	char *display_number;
	char *portfolio;
	char *graph_base;
	char *graph_version;
	char *ca_file;
	char *media_hosts;
	char *token; /* Authorization: Bearer */
	char *verify_token;
	char *secrets[ACCOUNT_SECRETS]; /* of the app; "": none */
	unsigned proof; /* which secret proves calls; ACCOUNT_SECRETS: none */
	bool stopped; /* nothing is to be sent: set and cleared by who sends */
};

struct accounts *accounts_new(struct bus *bus);
/* After the bus; no account may be held then. */
void accounts_free(struct accounts **a);

/* Its step, wake (of "connections"), wait_ms, drain and lost. */
struct part accounts_part(struct accounts *a);

/* What keeps them. */
const struct mine *accounts_mine(const struct accounts *a);

/* Were they told since the bus came up? Until then nothing is unknown. */
bool accounts_known(const struct accounts *a);

/* Take a list of MyConnection. What cannot be used is left out. */
void accounts_set(struct accounts *a, const json_t *connections);

/* NULL: none of them. Borrowed until the next step, unless it is held. */
struct account *accounts_by_phone(const struct accounts *a,
				  const char *phone_number_id);
struct account *accounts_by_name(const struct accounts *a, const char *name);
/* The i-th of those that there are; NULL: no more. */
struct account *accounts_at(const struct accounts *a, size_t i);

/* Do the two have a secret of an app in common? */
bool account_same_app(const struct account *a, const struct account *b);

/* Whose a job is (jobs.h). */
struct account *job_account(const struct job *j);

/* Keep it over a step. */
struct account *account_hold(struct account *k);
void account_release(struct account *k);

#endif
