#ifndef POSTIGO_JSON_OUT_H
#define POSTIGO_JSON_OUT_H

/*
 * json_out: a JSON value made member by member, as a tree for whoever goes on
 * with it, or at once as text for whoever sends it: a list of 50 incidents
 * would be 5,000 small allocations that live until the text is there.
 *
 * Every value has a key, which is NULL in an array and for the outermost; keys
 * are static and plain ASCII. What is written as text and has no room leaves
 * the buffer full (buf.h).
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define JSON_OUT_DEPTH 8

/* Its members are its own. */
struct json_out {
	struct buf *text;             /* NULL: a tree */
	json_t *open[JSON_OUT_DEPTH]; /* of a tree: what members go into */
	char close[JSON_OUT_DEPTH];   /* of a text: how it ends */
	int depth;
	bool comma; /* of a text: another value was before */
	json_t *tree;
};

/* Begin a tree. */
void json_out_tree(struct json_out *o);

/* Begin text, which is appended to b. b is borrowed until it is complete. */
void json_out_text(struct json_out *o, struct buf *b);

/* Begin an object or an array; what follows is in it, until json_out_end().
 * They nest JSON_OUT_DEPTH deep, or it is a bug. */
void json_out_object(struct json_out *o, const char *key);
void json_out_array(struct json_out *o, const char *key);
void json_out_end(struct json_out *o);

/* n octets of text; what is malformed of them is made readable. */
void json_out_string(struct json_out *o, const char *key, const char *s,
		     size_t n);
void json_out_int(struct json_out *o, const char *key, int64_t n);
void json_out_bool(struct json_out *o, const char *key, bool yes);
void json_out_null(struct json_out *o, const char *key);

/* An instant in milliseconds as an ISO string. */
void json_out_ms(struct json_out *o, const char *key, int64_t t_ms);

/* The tree, complete or not: a new reference, NULL if none was begun. o is as
 * after json_out_tree(). */
json_t *json_out_take(struct json_out *o);

#endif
