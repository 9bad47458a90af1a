#include "tests/bench/bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double
bench_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void
bench_sort(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_size);
}

double
bench_quantile(const double *sorted, size_t n, double q)
{
	size_t at = (size_t)((double)n * q);

	return sorted[at < n ? at : n - 1];
}

void
bench_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

long
bench_number(const char *name, const char *s, long min, long max)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0' || v < min || v > max)
		bench_die("%s: '%s' is not a number from %ld to %ld", name, s,
			  min, max);
	return v;
}

void
bench_text(long i, char *out, size_t bytes)
{
	static const char *const parts[] = {
		"Hola, hice el pedido hace unos días y todavía no sé nada. ",
		"¿Me podéis decir cuándo llega el paquete, por favor? ",
		"The box arrived open and one of the cups was broken. ",
		"Quiero cambiar la talla, me queda pequeña la chaqueta. ",
		"I have looked at the tracking page but it says nothing. ",
		"Muchas gracias por todo, un saludo desde Valencia. ",
		"Necesito la factura con el NIF de la empresa. ",
		"Could you tell me when my refund will be on my card? ",
	};
	size_t used = 0;
	long k = i;

	while (used < bytes) {
		const char *p = parts[(size_t)k++ % 8];
		size_t n = strlen(p);

		if (n > bytes - used) {
			memset(out + used, '.', bytes - used);
			used = bytes;
			break;
		}
		memcpy(out + used, p, n);
		used += n;
	}
	out[used] = '\0';
}
