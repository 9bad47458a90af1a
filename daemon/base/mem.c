#include "daemon/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/spare.h"

_Noreturn void
mem_out(void)
{
	static const char line[] =
		"{\"level\":\"error\",\"msg\":\"out of memory\"}\n";
	ssize_t n = write(2, line, sizeof line - 1);

	(void)n;
	abort();
}

void *
mem_new(size_t n, size_t size)
{
	void *p = calloc(n != 0 ? n : 1, size != 0 ? size : 1);

	if (p == NULL)
		mem_out();
	return p;
}

void *
mem_resize(void *p, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size)
		mem_out();
	p = realloc(p, n * size != 0 ? n * size : 1);
	if (p == NULL)
		mem_out();
	return p;
}

char *
mem_strdup(const char *s)
{
	return s != NULL ? mem_strndup(s, strlen(s)) : NULL;
}

char *
mem_strndup(const char *s, size_t n)
{
	char *p = mem_new(n + 1, 1);

	if (n != 0)
		memcpy(p, s, n);
	return p;
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *p = NULL;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n < 0 || p == NULL)
		mem_out();
	return p;
}

static _Thread_local bool mem_short;

void
mem_short_note(void)
{
	mem_short = true;
}

bool
mem_short_take(void)
{
	bool was = mem_short;

	mem_short = false;
	return was;
}

void
mem_free(void *p)
{
	if (!spare_took_back(p))
		free(p);
}
