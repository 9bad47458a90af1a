#ifndef POSTIGO_VISITOR_H
#define POSTIGO_VISITOR_H

/*
 * visitor: rows of people who chat on a site, and what of an incident they
 * may see. Of a token only the SHA-256 is here.
 *
 * Invariants: a visitor writes in at most one incident at a time, and an
 * incident is of at most one visitor; a note, a mail that only repeats lines
 * and what a stranger wrote are never lines.
 * Source: schema/STORE.md, "visitor" and "rating".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

struct store;

#define VISITORS_ROWS_MAX 200000                  /* of the whole store */
#define VISITOR_TOUCH_MS ((int64_t)5 * 60 * 1000) /* used_ms is this exact */
#define VISITOR_IDLE_MS ((int64_t)24 * 60 * 60 * 1000)
#define VISITOR_LINES_MAX 200            /* of one page */
#define VISITOR_LINES_BYTES (192 * 1024) /* of one page, but one line */
#define VISITOR_AHEAD_MAX 1000

/* A row. Strings belong to the struct. */
struct visitor {
	int64_t id;
	int64_t connection_id;
	int64_t identity_id; /* 0: until the first line */
	int64_t customer_id; /* the identity's */
	int64_t incident_id; /* 0: until the first line */
	char *name;
	char *email;    /* NULL: none was given */
	char *language; /* "": none was given */
	char *page;     /* NULL: unknown */
	bool remember;
	int64_t used_ms;
	int64_t expires_ms;
	int64_t got_number;
	int64_t got_ms;
	int64_t ended_ms; /* 0: not ended */
	int64_t mail_due_ms;
	int64_t mailed_ms;
	int64_t mailed_number;
	int64_t messages; /* of its incident */
};

void visitor_release(struct visitor *v);

/* A row to write; strings are borrowed. */
struct visitor_new {
	const char *hash; /* of the token */
	int64_t connection_id;
	const char *name;
	const char *email;    /* or NULL */
	const char *language; /* "" if none */
	bool remember;
	int64_t now_ms;
	int64_t expires_ms;
};

/*
 * Add a row. Where there are VISITORS_ROWS_MAX, the oldest of those who never
 * wrote a line make room.
 * OUT_TEMP  code "busy": there are none of those
 */
enum outcome visitor_add(struct store *s, const struct visitor_new *v,
			 int64_t *id_out, struct err *e) MUST_CHECK;

/* OUT_PERM  code "no_session": it is gone */
enum outcome visitor_load(struct store *s, int64_t id, struct visitor *out,
			  struct err *e) MUST_CHECK;

/* By the hash of its token, of one site, not expired. OUT_PERM code
 * "no_session". */
enum outcome visitor_find(struct store *s, const char *hash,
			  int64_t connection_id, int64_t now_ms,
			  struct visitor *out, struct err *e) MUST_CHECK;

/* By the incident that it writes in; out->id is 0 if there is none. */
enum outcome visitor_of(struct store *s, int64_t incident_id,
			struct visitor *out, struct err *e) MUST_CHECK;

/* It was used: it lives on for as long as it was to live then. */
enum outcome visitor_touch(struct store *s, int64_t id, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/* It begins to write in an incident, under an identity. */
enum outcome visitor_begin(struct store *s, int64_t id, int64_t incident_id,
			   int64_t identity_id, struct err *e) MUST_CHECK;

/* From where it wrote last. */
enum outcome visitor_page(struct store *s, int64_t id, const char *page,
			  struct err *e) MUST_CHECK;

/* Lines up to a number were shown. */
enum outcome visitor_got(struct store *s, int64_t id, int64_t number,
			 int64_t now_ms, struct err *e) MUST_CHECK;

/* It ended the chat. */
enum outcome visitor_end(struct store *s, int64_t id, int64_t now_ms,
			 struct err *e) MUST_CHECK;

/* When what it was not shown goes on by mail; 0: nothing is to. */
enum outcome visitor_mail_due(struct store *s, int64_t id, int64_t due_ms,
			      struct err *e) MUST_CHECK;

/* Lines up to a number went by mail; nothing more is due. */
enum outcome visitor_mailed(struct store *s, int64_t id, int64_t number,
			    int64_t now_ms, struct err *e) MUST_CHECK;

/* Visitors whose mail is due, at most max. */
enum outcome visitor_mails(struct store *s, int64_t now_ms, int max,
			   int64_t *ids_out, int *n_out,
			   struct err *e) MUST_CHECK;

/* Visitors whose time is over and for whom no mail waits, at most max. */
enum outcome visitor_expired(struct store *s, int64_t now_ms, int max,
			     int64_t *ids_out, int *n_out,
			     struct err *e) MUST_CHECK;
enum outcome visitor_delete(struct store *s, int64_t id,
			    struct err *e) MUST_CHECK;

/* The next instant at which a mail is due or a row expires; INT64_MAX. */
enum outcome visitor_next(struct store *s, int64_t *ms_out,
			  struct err *e) MUST_CHECK;

/* --- what a visitor may see -------------------------------------------------- */

/* A Chat. */
enum outcome visitor_chat(struct store *s, const struct visitor *v,
			  json_t **out, struct err *e) MUST_CHECK;

/*
 * ChatLines of its incident with a number above from, oldest first, at most
 * limit and VISITOR_LINES_BYTES, but one at least.
 * more_out  there are more
 */
enum outcome visitor_lines(struct store *s, const struct visitor *v,
			   int64_t from, int limit, json_t **out,
			   bool *more_out, struct err *e) MUST_CHECK;

/* Number of the newest line of its incident; 0: none. */
enum outcome visitor_last(struct store *s, const struct visitor *v,
			  int64_t *number_out, struct err *e) MUST_CHECK;

/* Is it a line of its incident with that file? OUT_PERM code "not_found". */
enum outcome visitor_file(struct store *s, const struct visitor *v,
			  int64_t message_id, const char *sha256,
			  struct err *e) MUST_CHECK;

/* Number of the newest answer above a number; 0: none. */
enum outcome visitor_unseen(struct store *s, int64_t incident_id, int64_t above,
			    int64_t *number_out, struct err *e) MUST_CHECK;

/* Where a customer's newest contact in an incident came from. */
struct visitor_origin {
	int64_t connection_id; /* 0: there is none */
	bool mail;             /* by an active connection of role mail */
	bool address;          /* from a mail address */
};
enum outcome visitor_origin(struct store *s, int64_t incident_id,
			    int64_t customer_id, struct visitor_origin *out,
			    struct err *e) MUST_CHECK;

/* An answer that waits in a chat. */
struct visitor_answer {
	int64_t number;
	int64_t agent_id;
	const char *agent; /* name */
	const char *text;
};

/* Answers with a number above `above`, oldest first, until fn gives false. */
enum outcome
visitor_answers(struct store *s, int64_t incident_id, int64_t above,
		bool (*fn)(void *arg, const struct visitor_answer *a),
		void *arg, struct err *e) MUST_CHECK;

/* Give a message the files of the answers of its incident with numbers above
 * `above` up to `upto`; at most VISITOR_FILES_MAX. */
#define VISITOR_FILES_MAX 20
enum outcome visitor_answer_files(struct store *s, int64_t message_id,
				  int64_t incident_id, int64_t above,
				  int64_t upto, struct err *e) MUST_CHECK;

/* When a message was received. */
enum outcome visitor_received(struct store *s, int64_t message_id,
			      int64_t *ms_out, struct err *e) MUST_CHECK;

/* The queue of an incident that is a chat; "": it is none, or the name does
 * not fit. */
enum outcome visitor_queue(struct store *s, int64_t incident_id, char *out,
			   size_t n, struct err *e) MUST_CHECK;

/* Chats of a queue that no human has answered, longest waiting first. */
enum outcome visitor_waiting(struct store *s, const char *queue, int max,
			     int64_t *incidents_out, int *n_out,
			     struct err *e) MUST_CHECK;

/* Has a customer an incident? */
enum outcome visitor_customer_known(struct store *s, int64_t customer_id,
				    bool *out, struct err *e) MUST_CHECK;

/* --- for staff ------------------------------------------------------------------ */

/* A VisitorState without "online", and the visitor's row; *out is NULL if the
 * incident has no visitor. */
enum outcome visitor_state(struct store *s, int64_t incident_id, json_t **out,
			   int64_t *visitor_out, struct err *e) MUST_CHECK;

/* A Rating; *out is NULL if there is none. */
enum outcome rating_view(struct store *s, int64_t incident_id, json_t **out,
			 struct err *e) MUST_CHECK;

struct rating {
	int64_t incident_id;
	int score;
	int64_t message_id; /* of the comment; 0: none */
	int64_t agent_id;   /* 0: nobody */
	int64_t at_ms;
};

/* Read it; score is 0 if there is none. */
enum outcome rating_load(struct store *s, int64_t incident_id,
			 struct rating *out, struct err *e) MUST_CHECK;
/* Write it, in the place of an earlier one. */
enum outcome rating_put(struct store *s, const struct rating *r,
			struct err *e) MUST_CHECK;

/* Does the visitor of an incident still chat there? */
enum outcome visitor_chats(struct store *s, int64_t incident_id,
			   bool *chats_out, struct err *e) MUST_CHECK;

#endif
