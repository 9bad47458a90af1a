#ifndef POSTIGO_ACCOUNT_H
#define POSTIGO_ACCOUNT_H

/*
 * account: what a channel said of an account or number, and what its gateway
 * has to say of it: for who looks after the connection.
 * Source: schema/STORE.md, "account_event".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define ACCOUNT_EVENTS_MAX 1000 /* kept of a connection */

/* Texts are borrowed. */
struct account_event {
	int64_t connection_id;
	int64_t at_ms;
	const char *severity; /* info, warning, critical */
	const char *field;
	const char *code;
	const char *detail;
};

bool account_severity(const char *word);

/* Add one, and drop those beyond ACCOUNT_EVENTS_MAX. The same once more (all
 * of its members) is the one that is there: *id_out. */
enum outcome account_event_add(struct store *s, const struct account_event *a,
			       int64_t *id_out, struct err *e) MUST_CHECK;

/*
 * AccountEvent objects (methods.tbl), newest first; new.
 * connection  name, NULL: any
 * before      rows below it; 0: from the newest on
 */
enum outcome account_event_list(struct store *s, const char *connection,
				int64_t before, int limit, json_t **out,
				struct err *e) MUST_CHECK;

#endif
