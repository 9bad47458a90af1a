#ifndef POSTIGO_ARENA_H
#define POSTIGO_ARENA_H

/*
 * arena: memory that is freed all at once, with the book that it was made
 * for. The ceiling is the caller's: a book's text is at most BOOK_BYTES_MAX,
 * and each byte of it makes a bounded number of bytes here.
 */

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* NULL: nothing yet */
};

/* A growing list of pointers that lives in an arena; {0} is empty. */
struct ptrs {
	void **at;
	size_t n;
	size_t cap;
};

/* Zeroed memory, aligned for any object; freed by arena_release alone. */
void *arena_new(struct arena *a, size_t bytes) __attribute__((returns_nonnull));

/* A NUL-terminated copy of n bytes. */
char *arena_strndup(struct arena *a, const char *s, size_t n)
	__attribute__((returns_nonnull));

/* Free everything; *a is empty again. */
void arena_release(struct arena *a);

/* Append p to the list. */
void ptrs_add(struct arena *a, struct ptrs *list, void *p);

#endif
