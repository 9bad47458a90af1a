#ifndef POSTIGO_TEST_RIG_H
#define POSTIGO_TEST_RIG_H

/*
 * rig: a whole daemon in one thread, on a real store in a folder. A line goes
 * through the real intake, workers, turn and reader, one after the other, and
 * the replies are read from the other end of a socket.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/wire/method.h"
#include "tests/fault/inject.h"

#define RIG_KEY 7 /* each octet of the desk's key */
#define RIG_AGENT_ADMIN 1
#define RIG_AGENT 2
#define RIG_EXIT_NONE (-1)

struct rig;

/* Who asks, on which socket. */
struct rig_who {
	enum role role;
	int64_t agent_id;    /* 0: nobody */
	int64_t visitor_id;  /* 0: none */
	int64_t incident_id; /* the visitor's */
};

/* What is to fail meanwhile (inject_arm), and what came of it. */
struct rig_arm {
	bool on;
	enum fault kind;
	long n;
	bool forever;
	int errnum;
	long seen;
	long failed;
};

/* Open the store of a folder, as postigod does at its start. Fails the
 * program if it cannot. */
struct rig *rig_open(const char *dir);
void rig_close(struct rig **r);

/* What came of a line. */
struct rig_answer {
	json_t *reply; /* the response, or NULL */
	bool closed;   /* the daemon would close the connection */
	int exit_code; /* the daemon ended, or RIG_EXIT_NONE */
	size_t replies;
};

/*
 * Send a request and run everything that follows from it.
 * params  text of a JSON object
 * key     command key, or NULL
 * arm     NULL: nothing fails
 */
struct rig_answer rig_ask(struct rig *r, const struct rig_who *who,
			  const char *method, const char *params,
			  const char *key, struct rig_arm *arm);
void rig_answer_release(struct rig_answer *a);

/*
 * What a subscriber was told since: every event in order, up to that one (-1:
 * any), or that it is told no more. NULL, or what is wrong.
 */
const char *rig_heard(struct rig *r, int64_t last);

/* Run what is due, as the turn does. The exit code, or RIG_EXIT_NONE. */
int rig_tick(struct rig *r, struct rig_arm *arm);

/* Index all messages, as the indexer's thread does. */
void rig_index(struct rig *r);

/* Give a role a new connection. */
void rig_reconnect(struct rig *r, enum role role);

/* --- folders ---------------------------------------------------------------- */

/* Make "to" what "from" is: the store without its log, blobs, the key. */
void rig_copy(const char *from, const char *to);
void rig_remove(const char *dir);
/* The desk's key, of 32 octets 7. */
void rig_key(const char *dir);

/* Has anything been committed, or written to the log, since it was opened? */
bool rig_touched(const char *dir);

/*
 * Everything that the store of the folder holds after a crash now, as text:
 * a line a row. fails the program if it cannot be opened.
 */
void rig_dump(const char *dir, struct buf *out);

/* Where two dumps differ first. */
void rig_differ(const struct buf *want, const struct buf *got, char *out,
		size_t n);

_Noreturn void rig_fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif
