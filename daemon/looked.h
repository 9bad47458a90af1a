#ifndef POSTIGO_LOOKED_H
#define POSTIGO_LOOKED_H

/*
 * looked: what a customer of WhatsApp sees before they are answered: that
 * somebody has read their message, and that somebody types. Both are told of
 * a message of theirs; a number may be set to tell neither (read_receipts).
 *
 * Typing touches neither turn nor store, so what agents looked at lately is
 * kept here, LOOKED_MAX incidents. Its functions are thread safe.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct incident;
struct looked;
struct store;

#define LOOKED_MAX 256          /* incidents that are known */
#define LOOKED_TYPING_MS 20000  /* between two words of typing */
#define LOOKED_NAME_MAX 128     /* octets of a connection's name, with NUL */
#define LOOKED_EXTERNAL_MAX 208 /* of a channel's id */

struct looked *looked_new(void);
void looked_free(struct looked **l);

/*
 * An agent opened an incident: if its newest message was not marked as read
 * yet, a job whatsapp.read does it. Of another channel: nothing. In the turn.
 */
enum outcome looked_at(struct desk *d, struct store *s,
		       const struct incident *inc, int64_t now_ms,
		       struct err *e) MUST_CHECK;

/* Of which message to tell that somebody types. */
struct looked_message {
	char connection[LOOKED_NAME_MAX];
	char external_id[LOOKED_EXTERNAL_MAX];
};

/*
 * Somebody types in an incident: is it to be told now?
 * l        NULL: no
 * tick_ms  clock_tick_ms()
 * false    nobody looked at it, it is not WhatsApp's, or it was told less than
 *          LOOKED_TYPING_MS ago
 */
bool looked_types(struct looked *l, int64_t incident_id, int64_t tick_ms,
		  struct looked_message *out);

#endif
