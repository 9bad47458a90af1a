#ifndef POSTIGO_ERR_H
#define POSTIGO_ERR_H

/*
 * err: what went wrong, said twice: an outcome for the program (what should
 * the caller do next) and one line of text for a person.
 *
 * Text is one line, lower case, no full stop, subject in single quotes;
 * "could not" if a retry may help, "cannot" if never.
 */

#include <stdarg.h>

/* What the caller should do next, not what went wrong inside. */
enum outcome {
	OUT_OK = 0,     /* done */
	OUT_TEMP = -1,  /* try the same request again later */
	OUT_PERM = -2,  /* the same request can never succeed */
	OUT_UNSURE = -3 /* may have happened: ask before repeating */
};

#define ERR_CODE_MAX 40

struct err {
	char text[512];          /* one line of UTF-8, cut at 511 bytes */
	char code[ERR_CODE_MAX]; /* machine word, "" if none: "not_found" */
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* Fill *e (code cleared) and return o: return err_set(e, OUT_TEMP, ...). */
enum outcome err_set(struct err *e, enum outcome o, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * As err_set, with a machine word that callers and screens may act on.
 * code  static text of at most 39 bytes, of [a-z_]
 */
enum outcome err_code(struct err *e, enum outcome o, const char *code,
		      const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* As err_set; appends ": " and strerror(errnum). */
enum outcome err_sys(struct err *e, enum outcome o, int errnum, const char *fmt,
		     ...) __attribute__((format(printf, 4, 5)));

/* "ok", "temp", "perm" or "unsure": the words of PROTOCOL.md. Static. */
const char *outcome_name(enum outcome o);

#endif
