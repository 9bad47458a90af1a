#ifndef POSTIGO_METHOD_H
#define POSTIGO_METHOD_H

/*
 * method: the table of methods, made from schema/wire/methods.tbl. One entry
 * says who may call it, how it runs and what its parameters look like.
 *
 * Source: schema/PROTOCOL.md, "Methods".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"

/* Sockets. A peer's role is the socket that it connected to. */
enum role {
	ROLE_MAIL,
	ROLE_CHAT,
	ROLE_WHATSAPP,
	ROLE_SHOP,
	ROLE_WEBHOOK,
	ROLE_CONSOLE,
	ROLE_CONTROL,
	ROLE_COUNT
};

/* Roles of staff, lowest first. */
enum staff {
	STAFF_AGENT,
	STAFF_LEAD,
	STAFF_MANAGER,
	STAFF_ADMIN,
	STAFF_COUNT
};

/* For whom a request acts. */
enum actor {
	ACTOR_NONE,   /* the socket itself */
	ACTOR_STAFF,  /* a person of the desk, by their session */
	ACTOR_VISITOR /* a visitor of a site, by their token */
};

enum method_kind {
	METHOD_WRITE,
	METHOD_READ,
	METHOD_LOCAL,
	METHOD_CALM,
	METHOD_SLOW
};

enum param_type {
	PARAM_INT,
	PARAM_BOOL,
	PARAM_STRING,
	PARAM_INSTANT,
	PARAM_SHA256,
	PARAM_BASE64,
	PARAM_JSON, /* object or array, not looked into */
	PARAM_SHAPE /* an object of a type of the table */
};

struct param {
	const char *name;
	enum param_type type;
	bool list;                 /* an array of it */
	bool optional;             /* may be absent or null */
	size_t max;                /* characters, or items of a list */
	const struct shape *shape; /* PARAM_SHAPE only */
};

/* A named object shape; params ends with a NULL name. */
struct shape {
	const char *name;
	const struct param *params;
};

struct method {
	const char *name;
	enum method_kind kind;
	unsigned bare; /* bit 1 << enum role: may be called without a person */
	unsigned as;   /* bit 1 << enum staff: may be called through a handle */
	bool self;    /* any agent, about themselves only: the handler checks */
	bool visitor; /* a visitor may, about their own incident only */
	const struct param *params; /* ends with a NULL name */
	int index;                  /* place in the table; see METHOD_ names */
};

/* The generated table, sorted by name, and its length. */
extern const struct method method_table[];
extern const size_t method_count;

/* NULL: no such method. */
const struct method *method_find(const char *name);

/*
 * The one decision about rights: may a method be called on a socket of this
 * role, for nobody, for a person of that role, or for a visitor? A method
 * whose table entry says "self" passes for every member of staff; its handler
 * checks whom it is about.
 * staff  of ACTOR_STAFF alone
 */
bool method_may(const struct method *m, enum role role, enum actor actor,
		enum staff staff);

/* May anybody on a socket of this role ever call it? */
bool method_may_ever(const struct method *m, enum role role);

/*
 * Check parameters against the table: presence, types, ceilings, in nested
 * shapes too. Unknown members pass.
 *
 * OUT_PERM  code "bad_params"; the text names the member and what is wrong:
 *           "'attachments[2].size' is not an integer"
 */
enum outcome method_check(const struct method *m, const json_t *params,
			  struct err *e) MUST_CHECK;

/* "mail", "chat", ... and back; role_parse gives ROLE_COUNT for none. */
const char *role_name(enum role r);
enum role role_parse(const char *s);
const char *staff_name(enum staff s);
enum staff staff_parse(const char *s);

#endif
