#ifndef POSTIGO_ORDER_BIND_H
#define POSTIGO_ORDER_BIND_H

/*
 * order_bind: members of what order_in() made as parameters of a statement.
 * For the modules of daemon/store alone.
 */

#include <jansson.h>
#include <sqlite3.h>

#define BIND_DOCS_MAX 8

enum bind_as {
	BIND_TEXT,   /* "" if it is absent */
	BIND_INT,    /* NULL if it is absent */
	BIND_ZERO,   /* a number, 0 if it is absent */
	BIND_SECOND, /* an instant of milliseconds, in seconds */
	BIND_FLAG,   /* 0 or 1 */
	BIND_LIST,   /* JSON, "[]" if it is absent */
	BIND_OBJECT  /* JSON, "{}" if it is absent */
};

/* Ends with a NULL name. */
struct bind {
	const char *name;
	enum bind_as as;
};

/* Texts that live until bind_release(). */
struct bind_docs {
	char *text[BIND_DOCS_MAX];
	int n;
};

/* Bind what a table names, from parameter i on. */
void bind_members(sqlite3_stmt *st, int i, const json_t *o,
		  const struct bind *table, struct bind_docs *docs);

void bind_release(struct bind_docs *docs);

#endif
