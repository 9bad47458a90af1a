#ifndef POSTIGO_NOTICE_H
#define POSTIGO_NOTICE_H

/*
 * notice: what people of the desk are told by mail, of those who asked for it
 * (agent.update, mail_notices), each in their own language. On screen they are
 * told by the events themselves.
 *
 * Invariant: a mail names the incident by its number and says what the desk
 * book says; nothing that a customer wrote is in it.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct calendar;
struct desk;
struct incident;
struct store;

/* Whom a warning of an incident is for, added to a list of rows: its
 * assignee; of one that nobody has, the members of its team, or of its
 * queue's. */
enum outcome notice_for(struct desk *d, struct store *s,
			const struct incident *inc, json_t *agents,
			struct err *e) MUST_CHECK;

/* A promise is near its breach. c: whose zone the instant is said in. */
struct notice_warning {
	const char *clock; /* "first_response", ... */
	int64_t due_s;
	const struct calendar *calendar; /* NULL: it is said in UTC */
};
enum outcome notice_warning(struct desk *d, struct store *s,
			    const struct incident *inc, const json_t *agents,
			    const struct notice_warning *w, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/* What a rule or an escalation says. rule: its name, text: of the book. */
enum outcome notice_said(struct desk *d, struct store *s,
			 const struct incident *inc, const json_t *agents,
			 const char *rule, const char *text, int64_t now_ms,
			 struct err *e) MUST_CHECK;

#endif
