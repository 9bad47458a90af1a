#ifndef POSTIGO_SHOP_TAKE_H
#define POSTIGO_SHOP_TAKE_H

/*
 * take: members of what scan_text() made, one by one. What is of another type,
 * empty, or over its ceiling is not there; an array may be a map whose keys
 * are places, and a map that is empty may be an array: PHP makes both.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAKE_LINE_MAX 1000 /* octets of names, titles, addresses; cut */
#define TAKE_TEXT_MAX 4000 /* of notes and reasons; cut */
#define TAKE_ID_MAX 200    /* of ids and numbers; absent beyond */
#define TAKE_URL_MAX 2048  /* absent beyond */
#define TAKE_ROWS_MAX 1000 /* of lines, parcels, refunds of an order */

enum take_as {
	TAKE_LINE,    /* text in one line; cut at TAKE_LINE_MAX */
	TAKE_TEXT,    /* text; cut at TAKE_TEXT_MAX */
	TAKE_ID,      /* printable, without blanks, within TAKE_ID_MAX */
	TAKE_NUMBER,  /* the same; inner blanks may be */
	TAKE_EMAIL,   /* lower case; printable, one @ */
	TAKE_PHONE,   /* as written; at least a few digits */
	TAKE_COUNTRY, /* two letters, upper case */
	TAKE_URL      /* http or https, printable ASCII, within TAKE_URL_MAX */
};

/* What to copy, under which name. A table ends with a NULL name. */
struct take {
	const char *name;
	enum take_as as;
	const char *to; /* NULL: the same name */
};

/* Copy what a table names. from may be NULL, or no object: nothing then. */
void take_all(json_t *to, const json_t *from, const struct take *table);

/* One member: a new string, or NULL. */
json_t *take_one(const json_t *from, const char *name, enum take_as as);

/* The member's text if it is any, and not empty; else NULL. Borrowed. */
const char *take_str(const json_t *o, const char *name);

/* As take_str, for ids of which "0" means none. */
const char *take_key(const json_t *o, const char *name);

/* Is it true, or "1", or "true"? */
bool take_flag(const json_t *o, const char *name);

/* A whole number; "2.0000" is one. false: it is none, or over 10^15. */
bool take_whole(const json_t *o, const char *name, int64_t *out);

/* The member if it is an object with members; else NULL. Borrowed. */
json_t *take_object(const json_t *o, const char *name);

/*
 * The member's elements that are objects, at most so many: of an array, the
 * values of an object (PHP's lists with gaps), or a lone object. A new array,
 * maybe empty.
 */
json_t *take_list(const json_t *o, const char *name, size_t max);

/* As take_list, at most TAKE_ROWS_MAX. */
json_t *take_rows(const json_t *o, const char *name);

/*
 * Set phone_raw, as it was written, and phone_e164 where it can be known.
 * country  of a number without its country; NULL or "": not known
 */
void take_phone(json_t *to, const json_t *from, const char *name,
		const char *country);

/* Set name, of a first and a last name that may be missing. */
void take_full_name(json_t *to, const json_t *from, const char *first,
		    const char *last);

/* Set a member; v is taken; NULL or something empty is left out. */
void take_set(json_t *to, const char *name, json_t *v);

#endif
