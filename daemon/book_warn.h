#ifndef POSTIGO_BOOK_WARN_H
#define POSTIGO_BOOK_WARN_H

/*
 * book_warn: what a desk book says of things that are not its own, and that
 * are not so now: templates of WhatsApp. It is Meta's word, so nothing is
 * refused for it.
 */

#include <jansson.h>

#include "daemon/base/err.h"

struct book;
struct store;

#define BOOK_WARNINGS_MAX 50

/*
 * Templates that no number has, or not with these parameters. Nothing where no
 * number has read any.
 * out  new list of BookError, by their places in the book
 */
enum outcome book_warnings(struct store *s, const struct book *b, json_t **out,
			   struct err *e) MUST_CHECK;

#endif
