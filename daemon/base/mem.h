#ifndef POSTIGO_MEM_H
#define POSTIGO_MEM_H

/*
 * mem: allocation that does not return NULL.
 *
 * When memory is out the process logs one line and aborts. That counts as a
 * crash, and a crash loses nothing that was acknowledged (invariant 1).
 * Sizes from outside are checked against a ceiling before they get here.
 */

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory; n * size may not overflow (else abort). Free with mem_free. */
void *mem_new(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* Grow or shrink p (may be NULL) to n * size bytes; contents kept. */
void *mem_resize(void *p, size_t n, size_t size)
	__attribute__((returns_nonnull));

/* A copy of s, or NULL for NULL. */
char *mem_strdup(const char *s);

/* A NUL-terminated copy of n bytes. */
char *mem_strndup(const char *s, size_t n) __attribute__((returns_nonnull));

/* printf into fresh memory. */
char *mem_printf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), returns_nonnull));

/* There is none: one line in the log, and the end. */
_Noreturn void mem_out(void);

/* free(); accepts NULL, and blocks of spare_get. */
void mem_free(void *p);

/*
 * Libraries ask for memory of their own, and go on with less than was meant
 * when there is none. Whoever sees that notes it; whoever is about to promise
 * something asks whether this thread fell short since it was asked last.
 */
void mem_short_note(void);
bool mem_short_take(void);

/* Free *p and set it to NULL. p is the address of any object pointer. */
#define MEM_CLEAR(p) (mem_free(*(p)), *(p) = NULL)

#endif
