#ifndef POSTIGO_WHATSAPP_READ_TAKE_H
#define POSTIGO_WHATSAPP_READ_TAKE_H

/*
 * read_take: members of objects that somebody else made, one by one, by their
 * kind. What is of another type, empty, or over its ceiling is not there.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum take_as {
	TAKE_TEXT,   /* text for people; cut at WA_TEXT_MAX */
	TAKE_SHORT,  /* the same; cut at WA_SHORT_MAX */
	TAKE_LINE,   /* text in one line; cut at WA_LINE_MAX */
	TAKE_NAME,   /* the same; cut at WA_NAME_MAX */
	TAKE_ID,     /* printable and without blanks, at most WA_ID_MAX */
	TAKE_WORD,   /* printable ASCII, at most 200: types of media */
	TAKE_HASH,   /* the same, at most 100 */
	TAKE_URL,    /* printable ASCII without blanks, at most WA_URL_MAX */
	TAKE_BOOL,   /* only true or false */
	TAKE_NUMBER, /* a finite number, or a string that is one */
	TAKE_TIME    /* a string or a number of Unix seconds, believable */
};

/* What to copy, under which name. A table ends with a NULL name. */
struct take {
	const char *name;
	enum take_as as;
	const char *to; /* NULL: the same name */
};

/* Copy what a table names. from may be NULL, or no object: nothing then. */
void take_all(json_t *to, const json_t *from, const struct take *table);

/* The string of a member if it can be an id, else NULL. Borrowed. */
const char *take_id(const json_t *o, const char *name);

/* The string of a member as Unix seconds: a new integer, or NULL. */
json_t *take_time(const json_t *o, const char *name);

/* Is there a member, and not null, that is of another type? */
bool take_odd(const json_t *o, const char *name, json_type type);

/* The member if it is an object; else NULL. Borrowed. */
json_t *take_object(const json_t *o, const char *name);
/* The member if it is an array; else NULL. Borrowed. */
json_t *take_array(const json_t *o, const char *name);

/* Set a member; v is taken, NULL or something empty is left out. */
void take_set(json_t *to, const char *name, json_t *v);

#endif
