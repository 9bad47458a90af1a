#include "daemon/base/err.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/utf8.h"

static void
err_fill(struct err *e, const char *code, const char *fmt, va_list ap)
{
	char *p;
	size_t w;

	(void)vsnprintf(e->text, sizeof e->text, fmt, ap);
	for (p = e->text; *p != '\0'; p += w > 0 ? w : 1) {
		w = utf8_next(p, strlen(p), NULL);
		if (w == 0)
			*p = '?'; /* a character that was cut */
		else if ((unsigned char)*p < 0x20)
			*p = ' ';
	}
	(void)snprintf(e->code, sizeof e->code, "%s", code);
}

enum outcome
err_set(struct err *e, enum outcome o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_fill(e, "", fmt, ap);
	va_end(ap);
	return o;
}

enum outcome
err_code(struct err *e, enum outcome o, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_fill(e, code, fmt, ap);
	va_end(ap);
	return o;
}

enum outcome
err_sys(struct err *e, enum outcome o, int errnum, const char *fmt, ...)
{
	va_list ap;
	char why[128];
	size_t used;

	va_start(ap, fmt);
	err_fill(e, "", fmt, ap);
	va_end(ap);
	used = strlen(e->text);
	(void)snprintf(e->text + used, sizeof e->text - used, ": %s",
		       strerror_r(errnum, why, sizeof why));
	return o;
}

const char *
outcome_name(enum outcome o)
{
	switch (o) {
	case OUT_OK:
		return "ok";
	case OUT_TEMP:
		return "temp";
	case OUT_PERM:
		return "perm";
	case OUT_UNSURE:
		return "unsure";
	}
	return "perm";
}
