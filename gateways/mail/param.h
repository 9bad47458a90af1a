#ifndef POSTIGO_PARAM_H
#define POSTIGO_PARAM_H

/*
 * param: parameters of Content-Type and Content-Disposition, with RFC 2231
 * pieces, encoded words where none are allowed, and bare 8-bit names.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* The value before the parameters, lower case, into out (cut to n - 1). */
void param_kind(const char *value, char *out, size_t n);

/* Where the parameters begin, also if no semicolon stands before them. */
const char *param_list(const char *value);

/* Append the parameter, as clean UTF-8. false: it is not there. */
bool param_get(struct buf *out, const char *value, const char *name);

/* A file's name made safe to show: no path, controls or direction marks, at
 * most 150 characters, of a longer one its beginning and what tells its kind.
 * Appended; may be empty. */
void param_filename(struct buf *out, const char *name, size_t n);

#endif
