#include "daemon/base/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EXPONENT_DEFAULT 2
#define FRACTION_MAX 20 /* digits after the point that are read at all */

struct exponent {
	const char currency[4];
	int digits;
};

/* Those that have other than EXPONENT_DEFAULT digits. */
static const struct exponent exponents[] = {
	{ "BIF", 0 }, { "CLP", 0 }, { "DJF", 0 }, { "GNF", 0 }, { "ISK", 0 },
	{ "JPY", 0 }, { "KMF", 0 }, { "KRW", 0 }, { "PYG", 0 }, { "RWF", 0 },
	{ "UGX", 0 }, { "UYI", 0 }, { "VND", 0 }, { "VUV", 0 }, { "XAF", 0 },
	{ "XOF", 0 }, { "XPF", 0 }, { "BHD", 3 }, { "IQD", 3 }, { "JOD", 3 },
	{ "KWD", 3 }, { "LYD", 3 }, { "OMR", 3 }, { "TND", 3 }, { "CLF", 4 },
	{ "UYW", 4 },
};

int
money_exponent(const char *currency)
{
	if (currency == NULL)
		return EXPONENT_DEFAULT;
	for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++)
		if (strcmp(exponents[i].currency, currency) == 0)
			return exponents[i].digits;
	return EXPONENT_DEFAULT;
}

bool
money_currency(const char *currency)
{
	return currency != NULL && strlen(currency) == 3 &&
	       strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

/* Digits from p on, n left. */
static size_t
digits(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] >= '0' && p[i] <= '9')
		i++;
	return i;
}

/* Add n digits to *v; false: it has too many. */
static bool
take(const char *p, size_t n, int64_t *v)
{
	static const int64_t limit = INT64_C(1000000000000000); /* 10^15 */

	for (size_t i = 0; i < n; i++) {
		*v = *v * 10 + (p[i] - '0');
		if (*v >= limit)
			return false;
	}
	return true;
}

/* The fraction's digits that count, zeroes where it has too few; then what is
 * beyond them rounds. */
static bool
take_fraction(const char *p, size_t n, size_t wanted, int64_t *v)
{
	size_t have = n < wanted ? n : wanted;

	if (!take(p, have, v))
		return false;
	for (; have < wanted; have++)
		if (!take("0", 1, v))
			return false;
	if (n > wanted && p[wanted] >= '5')
		*v += 1;
	return true;
}

bool
money_parse(const char *s, size_t n, const char *currency, int64_t *minor_out)
{
	bool minus = n > 0 && *s == '-';
	size_t whole;
	size_t after = 0;
	int64_t v = 0;

	if (n > 0 && (*s == '-' || *s == '+')) {
		s++;
		n--;
	}
	whole = digits(s, n);
	if (whole == 0)
		return false;
	if (whole < n) {
		if (s[whole] != '.')
			return false;
		after = digits(s + whole + 1, n - whole - 1);
		if (after == 0 || after > FRACTION_MAX ||
		    whole + 1 + after != n)
			return false;
	}
	if (!take(s, whole, &v) ||
	    !take_fraction(s + n - after, after,
			   (size_t)money_exponent(currency), &v))
		return false;
	*minor_out = minus ? -v : v;
	return true;
}

void
money_print(int64_t minor, const char *currency, char out[MONEY_TEXT_MAX])
{
	int places = money_exponent(currency);
	uint64_t v = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
	uint64_t unit = 1;
	const char *sign = minor < 0 ? "-" : "";

	for (int i = 0; i < places; i++)
		unit *= 10;
	if (places == 0)
		(void)snprintf(out, MONEY_TEXT_MAX, "%s%" PRIu64, sign, v);
	else
		(void)snprintf(out, MONEY_TEXT_MAX, "%s%" PRIu64 ".%0*" PRIu64,
			       sign, v / unit, places, v % unit);
}
