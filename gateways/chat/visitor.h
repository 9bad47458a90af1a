#ifndef POSTIGO_CHAT_VISITOR_H
#define POSTIGO_CHAT_VISITOR_H

/*
 * visitor: whoever shows a token. The tabs of one visitor share one handle
 * of the daemon; it is opened once, opened anew when the daemon was away, and
 * given back when the last tab has left.
 *
 * Invariants: one call of a visitor's housekeeping (visitor.open, chat.get,
 * chat.got, visitor.close) is under way, VISITORS_AT_ONCE of all together, so
 * a daemon that comes back is not met by all of them; a token is kept in
 * memory only.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"
#include "daemon/wire/bus.h"
#include "gateways/chat/rate.h"

#define VISITORS_MAX 4000
#define VISITORS_AT_ONCE 48     /* calls of housekeeping under way */
#define VISITOR_PAGE 100        /* lines of one chat.get */
#define VISITOR_LINGER_MS 10000 /* a handle is kept without a tab */
#define VISITOR_CALLS 16        /* of its own doing, under way */
#define VISITOR_LINE_MS 1000    /* one line comes back each */
#define VISITOR_LINES 10        /* lines at once */
#define VISITOR_FILE_MS 12000   /* one file comes back each: 5 a minute */
#define VISITOR_FILES 5
#define VISITOR_PUTS 20 /* files that a line may still name */

struct chat;
struct site;
struct tab;
struct visitor;
struct visitors;
struct waiter;

/* A file that a visitor has put. */
struct put {
	char sha[HASH_HEX];
	const char *type; /* static */
	int64_t size;
};

/* What the parts of the gateway may look at. */
struct visitor {
	size_t refs;
	struct chat *chat;
	struct site *site;
	struct network *network; /* counted as an open chat, or NULL */
	char *token;
	char *handle;     /* NULL: not open */
	char *expires_at; /* NULL: not known yet */
	bool gone;        /* the daemon does not know the token (any more) */
	struct tab *tabs;
	struct bucket lines;
	struct bucket files;
	unsigned calls; /* of its own doing */
	unsigned users; /* requests for files: it stays open for them too */

	/* visitor.c alone */
	unsigned char hash[HASH_BYTES];
	struct visitor *same_hash;
	struct visitor *same_handle;
	struct visitor *queue_next;
	struct visitor *linger_next;
	unsigned wants;
	bool queued;
	bool working;
	bool listed; /* by its token */
	bool lingers;
	bool got_later;
	int64_t linger_until;
	int64_t get_from; /* of the chat.get under way */
	int64_t got;      /* what visitors have seen */
	int64_t got_told;
	int64_t got_tick; /* when that was told */
	struct waiter *waiters;
	unsigned page;    /* lines to ask for at once; 0: VISITOR_PAGE */
	int64_t incident; /* in which lines are counted; 0: none */
	struct put *puts; /* a ring; NULL: none */
	unsigned next_put;
};

struct visitors *visitors_new(struct chat *c);
void visitors_stop(struct chat *c);
void visitors_free(struct visitors **v);

/*
 * The one of the site with that token; made if it is new. Without a site:
 * any that is known. NULL: none, or VISITORS_MAX are known. A new reference.
 */
struct visitor *visitor_of(struct chat *c, struct site *s, const char *token);

/* One that visitor.start has just made: its handle stands. */
struct visitor *visitor_started(struct chat *c, struct site *s,
				const json_t *result);

struct visitor *visitor_ref(struct visitor *v);
void visitor_unref(struct visitor *v);

/* A tab came or left; see tab.c. */
void visitor_joined(struct visitor *v);
void visitor_left(struct visitor *v);

/* There may be something new to show. */
void visitor_look(struct visitor *v);

/* Everything up to number was shown. */
void visitor_got(struct visitor *v, int64_t number);

/* Call a method in its name; fn runs exactly once if this is OUT_OK.
 * params are taken. OUT_TEMP: code "away" or "busy". */
enum outcome visitor_call(struct visitor *v, const char *method, json_t *params,
			  bus_reply_fn *fn, void *arg,
			  struct err *e) MUST_CHECK;

/* The daemon says that the handle does not stand: open it anew. */
void visitor_reopen(struct visitor *v);

/* A file that the visitor has put; type is static. A line may name the last
 * VISITOR_PUTS of them: NULL: this is none. */
void visitor_put(struct visitor *v, const char *sha, const char *type,
		 int64_t size);
const struct put *visitor_has_put(const struct visitor *v, const char *sha);

/*
 * A request for a file needs the visitor open: fn runs once, perhaps before
 * this returns, when it is open or will not be (see handle and gone). It
 * then stays open until visitor_unuse().
 */
void visitor_use(struct visitor *v, void (*fn)(void *arg), void *arg);
void visitor_unuse(struct visitor *v);

/* From the bus. */
void visitors_up(struct chat *c);
void visitors_down(struct chat *c);
void visitors_changed(struct chat *c, const json_t *handles);
void visitors_typing(struct chat *c, const json_t *params);
void visitors_ended(struct chat *c, const char *handle);

#endif
