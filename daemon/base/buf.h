#ifndef POSTIGO_BUF_H
#define POSTIGO_BUF_H

/*
 * buf: a growing byte buffer with a ceiling fixed when it is made.
 *
 * Invariants: len <= max; data[len] is always '\0' once anything was added,
 * so text can be read as a C string. Over the ceiling nothing is added and
 * the buffer is marked full, for one check at the end of a long build-up.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* NULL while empty and never grown */
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* ceiling of len */
	bool full;  /* something did not fit */
};

/* An empty buffer that holds at most max bytes. Nothing is allocated. */
void buf_init(struct buf *b, size_t max);

/* Free what it holds; *b is empty again with the same ceiling. */
void buf_release(struct buf *b);

/* Forget the contents, keep the memory, clear the full mark. */
void buf_clear(struct buf *b);

/* Add n bytes. false: over the ceiling, nothing added, b->full set. */
bool buf_add(struct buf *b, const void *p, size_t n);

/* Add a C string. */
bool buf_puts(struct buf *b, const char *s);

/* Add one byte. */
bool buf_putc(struct buf *b, char c);

/* Add formatted text. */
bool buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Room for n more bytes (they must fit under the ceiling), to be filled by
 * the caller, who then adds what it used to b->len. NULL: over the ceiling.
 */
char *buf_room(struct buf *b, size_t n);

/* Drop the first n bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);

/* The contents as a C string; "" if empty. Borrowed. */
const char *buf_str(const struct buf *b);

/* Hand the contents over as a C string (free with mem_free); *b is empty. */
char *buf_take(struct buf *b);

#endif
